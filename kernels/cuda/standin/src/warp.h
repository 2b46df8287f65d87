// What the threads of a warp do together, though they run one after another:
// shuffles, and the functions of warp.cuh, what PTX says of its instructions, with
// the fragments' layout. A lane shows its warp what it brings, waits for all
// others, and takes its part of the result. Two slots are used by turns, so that a
// lane may go on to show the next thing while others still read.
#pragma once

namespace standin {

// Kind is what a lane takes part in.
enum Kind { shuffles = 1, loads, multiplies_tf32, multiplies_bf16 };

// Exchange shows words to the warp.
struct Exchange {
	unsigned first, slot;
	Exchange(Kind kind, std::initializer_list<uint32_t> words) : first(current->thread / 32 * 32), slot(current->turn) {
		std::copy(words.begin(), words.end(), current->shown[slot]);
		current->kind[slot] = kind;
		current->turn ^= 1;
		pause(at_warp);
		if (fibers[first]->kind[slot] != kind)
			fault("lanes of a warp do different things together");
	}
	const uint32_t *of(unsigned lane) const { return fibers[first + lane]->shown[slot]; }
};

template <class T> T shuffle(T value, int mask) {
	static_assert(sizeof(T) <= 8);
	uint32_t words[2] = {};
	memcpy(words, &value, sizeof value);
	Exchange shown(shuffles, {words[0], words[1]});
	memcpy(&value, shown.of(current->thread % 32 ^ mask), sizeof value);
	return value;
}

// number is the e-th in a word of the given kind.
template <Kind kind> double number(uint32_t word, unsigned e) {
	if (kind == multiplies_bf16)
		return standin_bits<float>(e ? word & 0xffff0000u : word << 16);
	return standin_bits<float>(word);
}

inline void check_tf32(uint32_t word) {
	float v = standin_bits<float>(word);
	if (v == v && word & 0x1fff)
		fault("a number for the tensor cores was not rounded to TF32");
}

// multiply sums up exactly and rounds once; what a GPU does lies within single
// precision's error of it.
template <Kind kind> void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
	if (kind == multiplies_tf32)
		for (uint32_t word : {a[0], a[1], a[2], a[3], b0, b1})
			check_tf32(word);
	Exchange shown(kind, {a[0], a[1], a[2], a[3], b0, b1});
	unsigned row = current->thread % 32 / 4, col = current->thread % 4 * 2;
	double sums[4] = {c[0], c[1], c[2], c[3]};
	for (unsigned w = 0; w < 8; w++) {
		const uint32_t *left = shown.of(row * 4 + w % 4) + w / 4 * 2;
		uint32_t right[2] = {shown.of(col * 4 + w % 4)[4 + w / 4], shown.of(col * 4 + 4 + w % 4)[4 + w / 4]};
		for (unsigned e = 0; e < (kind == multiplies_bf16 ? 2 : 1); e++)
			for (unsigned i = 0; i < 4; i++)
				sums[i] += number<kind>(left[i / 2], e) * number<kind>(right[i % 2], e);
	}
	for (unsigned i = 0; i < 4; i++)
		c[i] = float(sums[i]);
}

} // namespace standin

template <class T> T __shfl_xor_sync(unsigned, T value, int mask) { return standin::shuffle(value, mask); }

inline unsigned round_tf32(float v) {
	unsigned bits = standin_bits<unsigned>(v);
	if (v != v)
		return 0x7fffffff;
	return std::isinf(v) ? bits : (bits + 0x1000) & ~0x1fffu; // half is carried away from 0
}

inline unsigned standin_bf16(float v) {
	unsigned bits = standin_bits<unsigned>(v);
	return v != v ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16; // half is carried to even
}

inline unsigned pack_bf16(float low, float high) { return standin_bf16(high) << 16 | standin_bf16(low); }

inline void load_matrices(float (&values)[4], const float *row) {
	if (reinterpret_cast<uintptr_t>(row) % 16)
		standin::fault("a matrix's row is not aligned");
	uint32_t words[4];
	memcpy(words, row, sizeof words);
	standin::Exchange shown(standin::loads, {words[0], words[1], words[2], words[3]});
	unsigned lane = standin::current->thread % 32;
	for (unsigned i = 0; i < 4; i++)
		values[i] = standin_bits<float>(shown.of(i * 8 + lane / 4)[lane % 4]);
}

inline void multiply_tf32(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
	standin::multiply<standin::multiplies_tf32>(c, a, b0, b1);
}

inline void multiply_bf16(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
	standin::multiply<standin::multiplies_bf16>(c, a, b0, b1);
}
