"""What a marketplace is: values, ports, pure functions."""
