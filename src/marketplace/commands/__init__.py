"""What the command's words do, one module for a few of them; ``cli.py`` loads each when asked."""
