"""Assignment, auction, order book, ranking: pure functions over arrays."""
