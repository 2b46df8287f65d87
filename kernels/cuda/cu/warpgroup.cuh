// What four warps, a warpgroup, compute together on the tensor cores of compute
// capability 9.0 (wgmma, sm_90a only): a product of matrices in shared memory, added
// to sums in registers while the threads do other work. The stand-in for the driver
// has the functions of PTX of its own.
//
// Both factors have K along rows of 64 bytes, swizzled as Tile is along K: 8 words of a
// row are what one instruction takes. See "Asynchronous Warpgroup Level Matrix
// Multiply-Accumulate Instructions" in the PTX ISA.
#pragma once

#ifdef __CUDA_ARCH__

// shared_address is an address as instructions know it.
__device__ __forceinline__ unsigned shared_address(const void *p) { return unsigned(__cvta_generic_to_shared(p)); }

// publish_shared lets products see what the thread has written to shared memory; other
// threads' products, after a barrier that follows.
__device__ __forceinline__ void publish_shared() { asm volatile("fence.proxy.async.shared::cta;" : : : "memory"); }

// begin_products has products begun from now on see what the thread has written to
// their sums.
__device__ __forceinline__ void begin_products() { asm volatile("wgmma.fence.sync.aligned;" : : : "memory"); }

// commit_products makes a group of the products begun since the last one.
__device__ __forceinline__ void commit_products() { asm volatile("wgmma.commit_group.sync.aligned;" : : : "memory"); }

// wait_products returns once all but the last groups are done.
template <int groups> __device__ __forceinline__ void wait_products() { asm volatile("wgmma.wait_group.sync.aligned %0;" : : "n"(groups) : "memory"); }

// keep_sums keeps the compiler from using sums before, or changing them after.
template <int n> __device__ __forceinline__ void keep_sums(float (&sums)[n]) {
#pragma unroll
	for (int i = 0; i < n; i++)
		asm volatile("" : "+f"(sums[i]) : : "memory");
}

#define WGMMA_EIGHT(i) \
	"+f"(c[i]), "+f"(c[i + 1]), "+f"(c[i + 2]), "+f"(c[i + 3]), "+f"(c[i + 4]), "+f"(c[i + 5]), "+f"(c[i + 6]), "+f"(c[i + 7])

// multiply_group_tf32 begins to add A [64,8] * B [8,N] to C [64,N]: N is twice the
// number of a thread's sums. Warp w has rows 16*w to 16*w+15; c[4*j] and the next three
// are, of its columns 8*j to 8*j+7, what multiply_tf32 holds.
__device__ __forceinline__ void multiply_group_tf32(float (&c)[64], unsigned long long a, unsigned long long b) {
	asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, 1, 0;\n"
				 "wgmma.mma_async.sync.aligned.m64n128k8.f32.tf32.tf32 {"
				 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
				 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
				 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
				 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
				 "}, %64, %65, add, 1, 1;\n}"
				 : WGMMA_EIGHT(0),
				   WGMMA_EIGHT(8),
				   WGMMA_EIGHT(16),
				   WGMMA_EIGHT(24),
				   WGMMA_EIGHT(32),
				   WGMMA_EIGHT(40),
				   WGMMA_EIGHT(48),
				   WGMMA_EIGHT(56)
				 : "l"(a), "l"(b));
}

__device__ __forceinline__ void multiply_group_tf32(float (&c)[32], unsigned long long a, unsigned long long b) {
	asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, 1, 0;\n"
				 "wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32 {"
				 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
				 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
				 "}, %32, %33, add, 1, 1;\n}"
				 : WGMMA_EIGHT(0),
				   WGMMA_EIGHT(8),
				   WGMMA_EIGHT(16),
				   WGMMA_EIGHT(24)
				 : "l"(a), "l"(b));
}

// multiply_group_bf16 is the same with K of 16.
__device__ __forceinline__ void multiply_group_bf16(float (&c)[64], unsigned long long a, unsigned long long b) {
	asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, 1, 0;\n"
				 "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
				 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
				 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
				 "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
				 "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
				 "}, %64, %65, add, 1, 1, 0, 0;\n}"
				 : WGMMA_EIGHT(0),
				   WGMMA_EIGHT(8),
				   WGMMA_EIGHT(16),
				   WGMMA_EIGHT(24),
				   WGMMA_EIGHT(32),
				   WGMMA_EIGHT(40),
				   WGMMA_EIGHT(48),
				   WGMMA_EIGHT(56)
				 : "l"(a), "l"(b));
}

__device__ __forceinline__ void multiply_group_bf16(float (&c)[32], unsigned long long a, unsigned long long b) {
	asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, 1, 0;\n"
				 "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
				 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
				 "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
				 "}, %32, %33, add, 1, 1, 0, 0;\n}"
				 : WGMMA_EIGHT(0),
				   WGMMA_EIGHT(8),
				   WGMMA_EIGHT(16),
				   WGMMA_EIGHT(24)
				 : "l"(a), "l"(b));
}

#undef WGMMA_EIGHT

#endif

// describe is the descriptor of a factor that begins at an address: the address and the
// distance of 8 rows from the next 8, both in units of 16 bytes, and the swizzle of 64
// bytes. What begins within a row of 64 bytes keeps the pattern, which goes by addresses,
// as it repeats from multiples of 512 on. The third field, a distance along K, is not
// used with a swizzle.
__device__ __forceinline__ unsigned long long describe(const void *p) {
	constexpr unsigned long long unused = 1, eight_rows = 8 * 64 / 16, swizzle_64 = 2;
	return (shared_address(p) & 0x3ffff) / 16 | unused << 16 | eight_rows << 32 | swizzle_64 << 62;
}
