"""Plans and payment: what is on offer, what one has, and the way to the payment provider and back."""
