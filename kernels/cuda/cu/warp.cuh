// What a warp computes together on the tensor cores, by inline PTX (sm_80 and
// newer). The stand-in for the driver has these functions of its own.
//
// A fragment's word w of lane l is, in a matrix of 8 rows of 4 words, word l%4 of
// row l/4: a word is one TF32 number, or two neighbouring bf16 numbers along K, the
// first in the lower half. See "Warp Level Matrix Multiply-Accumulate
// Instructions" in the PTX ISA.
#pragma once

#ifdef __CUDA_ARCH__

// round_tf32 rounds to the nearest number with 10 bits behind the point, ties away
// from 0.
__device__ __forceinline__ unsigned round_tf32(float v) {
	unsigned word;
	asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(v));
	return word;
}

// pack_bf16 rounds to the nearest numbers with 7 bits behind the point, ties to
// even.
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
	unsigned word;
	asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
	return word;
}

// load_matrices loads four matrices from shared memory; lane l names row l%8 of
// matrix l/8, 16 bytes and aligned to as many.
__device__ __forceinline__ void load_matrices(float (&values)[4], const float *row) {
	asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
				 : "=f"(values[0]), "=f"(values[1]), "=f"(values[2]), "=f"(values[3])
				 : "r"(unsigned(__cvta_generic_to_shared(row))));
}

// multiply_tf32 adds A [16,8] * B [8,8] to C [16,8]. a holds the matrices of rows 0
// and 8 at K 0, then at K 4; b those at K 0 and 4, with B's columns as rows. c holds
// columns 2*(l%4) and the next of row l/4, then of row l/4+8.
__device__ __forceinline__ void multiply_tf32(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
	asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
		: "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
		: "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// multiply_bf16 is the same with K of 16.
__device__ __forceinline__ void multiply_bf16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
	asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
		: "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
		: "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#endif
