//! Proofs: the nodes on the way to a key, from the root down, as `eth_getProof` has them.

use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};

use crate::{
    arena::{Arena, End, Step},
    codec::Encoder,
    error::TrieError,
    node::{Body, Reference},
    source::NodeSource,
};

impl Arena {
    /// Appends the nodes of this arena on the way to a key, whether it is there or not. All must have been hashed.
    pub(crate) fn prove(
        &mut self,
        source: &dyn NodeSource,
        key: &B256,
        proof: &mut Vec<Bytes>,
    ) -> Result<(), TrieError> {
        let end = self.walk(source, key)?;
        let mut encoder = Encoder::default();
        for Step { node, depth, .. } in &self.steps {
            self.prove_extension(*node, *depth, &mut encoder, proof);
            self.prove_body(*node, *depth, &mut encoder, proof);
        }
        match end {
            End::Vacant => {}
            End::Leaf(node) => {
                let depth = self.steps.last().map_or(self.base, |step| self.depth_below(step));
                self.prove_body(node, depth, &mut encoder, proof);
            }
            End::OtherLeaf { node, depth } => self.prove_body(node, depth, &mut encoder, proof),
            // The extension alone shows that the key goes another way.
            End::OtherPrefix { node, depth, .. } => self.prove_extension(node, depth, &mut encoder, proof),
        }
        Ok(())
    }

    fn depth_below(&self, step: &Step) -> usize {
        match &self.node(step.node).body {
            Body::Branch { prefix, .. } => step.depth + prefix.len() + 1,
            Body::Leaf { .. } | Body::Free => step.depth,
        }
    }

    /// Appends the extension above a branch, if it has one.
    fn prove_extension(&self, index: u32, depth: usize, encoder: &mut Encoder, proof: &mut Vec<Bytes>) {
        if let Body::Branch { prefix, .. } = &self.node(index).body
            && !prefix.is_empty()
        {
            let inner = Reference::of_rlp(self.encode_body(index, depth, encoder));
            push(encoder.extension(prefix, &inner), proof);
        }
    }

    /// Appends a leaf, or a branch without its extension.
    pub(crate) fn prove_body(&self, index: u32, depth: usize, encoder: &mut Encoder, proof: &mut Vec<Bytes>) {
        push(self.encode_body(index, depth, encoder), proof);
    }
}

/// Appends a node, unless it stands in the one before.
fn push(rlp: &[u8], proof: &mut Vec<Bytes>) {
    if proof.is_empty() || rlp.len() >= 32 {
        proof.push(Bytes::copy_from_slice(rlp));
    }
}
