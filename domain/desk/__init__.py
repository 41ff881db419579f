"""What the DPO keeps: breaches, incidents, requisitions, the register of processing."""
