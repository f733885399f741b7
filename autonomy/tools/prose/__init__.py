"""What rules can honestly say of somebody's prose, and whether a changed sentence still means the
same."""
