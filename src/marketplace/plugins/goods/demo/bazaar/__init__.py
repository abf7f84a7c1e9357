"""An invented bazaar of Kathmandu: shops and workshops, baskets, parcels, complaints, payouts."""
