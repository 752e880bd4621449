//! The memory of a program, as it sees it.

#![expect(unsafe_code, reason = "agave maps host memory into programs by address")]

use super::fixture::Refusal;
use protosol::protos::{InputDataRegion, VmContext};
use solana_sbpf::{
    aligned_memory::AlignedMemory,
    ebpf::{HOST_ALIGN, MM_HEAP_START, MM_INPUT_START, MM_STACK_START},
    memory_region::{AccessViolationHandler, MemoryMapping, MemoryRegion},
    program::SBPFVersion,
    vm::Config,
};

/// Largest heap that fixtures may ask for, in bytes; the same for all clients.
const HEAP_MAX_BYTES: u64 = 256 << 10;

/// Read-only data, stack, heap and input, a region each.
const ALIGNED_REGIONS_MAX: usize = 4;

/// A buffer of the host.
pub(super) type Buffer = AlignedMemory<HOST_ALIGN>;

/// What a program works on beside its input.
pub(super) struct Memory {
    pub(super) stack: Buffer,
    pub(super) heap: Buffer,
}

impl Memory {
    /// Zeros, beginning with what the fixture gives.
    pub(super) fn new(vm: &VmContext, config: &Config, heap: &[u8], stack: &[u8]) -> Result<Self, Refusal> {
        if vm.heap_max > HEAP_MAX_BYTES {
            let message = format!("a heap of {} bytes; a fixture has at most {HEAP_MAX_BYTES}", vm.heap_max);
            return Err(Refusal::Unreadable(message));
        }
        Ok(Self { stack: filled(config.stack_size(), stack), heap: filled(vm.heap_max as usize, heap) })
    }

    /// Maps read-only data, stack, heap and input, as agave does.
    ///
    /// # Safety
    ///
    /// The mapping must not be used after this memory, or what `read_only` and `input` point to, is gone or moved.
    pub(super) unsafe fn map(
        &mut self,
        read_only: MemoryRegion,
        input: Vec<MemoryRegion>,
        config: &Config,
        version: SBPFVersion,
        violation: AccessViolationHandler,
    ) -> Result<MemoryMapping, Refusal> {
        let gaps = version.stack_frame_gaps() && config.enable_stack_frame_gaps;
        let gap = if gaps { config.stack_frame_size as u64 } else { 0 };
        let mut regions = vec![
            read_only,
            MemoryRegion::new_gapped(self.stack.as_slice_mut() as *mut [u8], MM_STACK_START, gap),
            MemoryRegion::new(self.heap.as_slice_mut() as *mut [u8], MM_HEAP_START),
        ];
        regions.extend(input);
        // A mapping that is aligned has one region for each 4 GiB.
        let mut config = config.clone();
        config.aligned_memory_mapping &= regions.len() <= ALIGNED_REGIONS_MAX;
        // SAFETY: the caller keeps alive what the regions point to; all of it is plain bytes.
        let mapping = unsafe { MemoryMapping::new_with_access_violation_handler(regions, &config, version, violation) };
        mapping.map_err(|error| Refusal::Unreadable(format!("the memory cannot be mapped: {error}")))
    }
}

/// The input that a fixture gives, in buffers that are mapped.
pub(super) struct Input<'a>(Vec<(&'a InputDataRegion, Buffer)>);

impl<'a> Input<'a> {
    pub(super) fn new(given: &'a [InputDataRegion]) -> Self {
        let regions = given.iter().filter(|region| !region.content.is_empty());
        Self(regions.map(|region| (region, Buffer::from_slice(&region.content))).collect())
    }

    /// The regions, one after the other, as agave maps them: it knows no gaps between them.
    pub(super) fn regions(&mut self) -> Vec<MemoryRegion> {
        let mut start = MM_INPUT_START;
        let place = |(given, buffer): &mut (&InputDataRegion, Buffer)| {
            let at = start;
            start = start.saturating_add(given.content.len() as u64);
            match given.is_writable {
                true => MemoryRegion::new(buffer.as_slice_mut() as *mut [u8], at),
                false => MemoryRegion::new(buffer.as_slice() as *const [u8], at),
            }
        };
        self.0.iter_mut().map(place).collect()
    }
}

/// The program's input after it ran, in the order of addresses.
///
/// # Safety
///
/// What the regions of the mapping point to must still be there.
pub(super) unsafe fn input_after(mapping: &MemoryMapping) -> Vec<(u64, Vec<u8>)> {
    let regions = mapping.get_regions().iter().filter(|region| region.vm_addr >= MM_INPUT_START && region.len > 0);
    let read = |region: &MemoryRegion| {
        let (start, length) = (region.host_addr as *const u8, region.len as usize);
        // SAFETY: the caller keeps alive what the regions point to, and `length` is the length it was mapped with.
        let content = unsafe { std::slice::from_raw_parts(start, length) };
        (region.vm_addr - MM_INPUT_START, content.to_vec())
    };
    let mut regions: Vec<_> = regions.map(read).collect();
    regions.sort_by_key(|(offset, _)| *offset);
    regions
}

/// The input that a fixture expects, without empty regions.
pub(super) fn expected_input(regions: &[InputDataRegion]) -> Vec<(u64, &[u8])> {
    let mut regions: Vec<_> = regions.iter().map(|region| (region.offset, &region.content[..])).collect();
    regions.retain(|(_, content)| !content.is_empty());
    regions.sort_by_key(|(offset, _)| *offset);
    regions
}

fn filled(length: usize, prefix: &[u8]) -> Buffer {
    let mut buffer = Buffer::zero_filled(length);
    for (byte, given) in buffer.as_slice_mut().iter_mut().zip(prefix) {
        *byte = *given;
    }
    buffer
}
