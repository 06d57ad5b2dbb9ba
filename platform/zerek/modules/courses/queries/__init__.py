"""What pages ask about courses: small frozen rows, one query for one part of a page."""
