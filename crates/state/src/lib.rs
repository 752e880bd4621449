//! The provable state of all VMs: the world journal, objects, access sets and the commitment.
