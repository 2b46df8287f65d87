// Copies from global to shared memory that go on while their thread does other work
// (cp.async, sm_80 and newer; older devices copy at once). A thread's copies are
// there once it has waited for their group; those of others, after a barrier that
// follows. The stand-in for the driver has these functions of its own.
#pragma once

#ifdef __CUDA_ARCH__

// copy_async begins to copy neighbouring values, 1 or 4, which are aligned to as many;
// 0 instead where they are not wanted, and then nothing is read.
template <int count> __device__ __forceinline__ void copy_async(float *to, const float *from, bool wanted) {
	static_assert(count == 1 || count == 4, "copies are of 4 or 16 bytes");
#if __CUDA_ARCH__ >= 800
	unsigned target = unsigned(__cvta_generic_to_shared(to)), bytes = wanted ? 4 * count : 0; // the rest is filled with 0
	if (count == 4)
		asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"(target), "l"(from), "r"(bytes) : "memory");
	else
		asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" : : "r"(target), "l"(from), "r"(bytes) : "memory");
#else
	for (int i = 0; i < count; i++)
		to[i] = wanted ? from[i] : 0;
#endif
}

// commit_copies makes a group of the copies begun since the last one; it may be empty.
__device__ __forceinline__ void commit_copies() {
#if __CUDA_ARCH__ >= 800
	asm volatile("cp.async.commit_group;" : : : "memory");
#endif
}

// wait_copies returns once all but the last groups are there.
template <int groups> __device__ __forceinline__ void wait_copies() {
#if __CUDA_ARCH__ >= 800
	asm volatile("cp.async.wait_group %0;" : : "n"(groups) : "memory");
#endif
}

#endif
