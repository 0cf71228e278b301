"""What happens over time: applying one node after the other, watching, the lease, requests, the record."""
