"""Pages, and the scripts that write and picture parts of them."""
