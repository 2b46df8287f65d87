// The functions of warpgroup.cuh. Products see of shared memory what all threads have
// published before a barrier, and find it by their descriptors' fields. Their sums are
// NaN until a wait, and for good if shared memory was changed before it, if they were
// begun without begin_products, or if a factor lies outside.
//
// That all warps of a group take part is not checked: every thread computes what it
// holds of the sums.
#pragma once

namespace standin {

// factor is a matrix in shared memory, with K along its rows.
struct Factor {
	uint64_t start, along_k, eight_rows, swizzle;
	explicit Factor(uint64_t d) : start((d & 0x3fff) << 4), along_k((d >> 16 & 0x3fff) << 4), eight_rows((d >> 32 & 0x3fff) << 4), swizzle(d >> 62) {
		if (d >> 49 & 7)
			fault("a descriptor has a base offset, which the stand-in does not know");
	}

	// at is where a row's word lies: rows are 16 bytes apart without swizzle, else 128, 64
	// or 32, and as many bits of the address above the lowest 4 are changed by those 3
	// places higher.
	uint64_t at(unsigned row, unsigned word) const {
		uint64_t group = start + row / 8 * eight_rows, byte = word * 4;
		if (!swizzle)
			return group + row % 8 * 16 + byte / 16 * along_k + byte % 16;
		uint64_t flat = group + row % 8 * (256 >> swizzle) + byte;
		return flat ^ (flat >> 3 & ((0x100 >> swizzle) - 0x10));
	}
};

// word reads a word of shared memory as it is, or as it was published, NaN before; false
// outside.
inline bool word(uint32_t &to, uint64_t at, bool as_published) {
	size_t size = reinterpret_cast<char *>(__stop_shared_memory) - shared_start();
	if (at + sizeof to > size)
		return false;
	to = 0x7fc00000;
	if (!as_published)
		memcpy(&to, shared_start() + at, sizeof to);
	else if (!published.empty())
		memcpy(&to, published.data() + at, sizeof to);
	return true;
}

// Reads are the words that a product of a thread takes: of 2 rows of A, and of the
// columns of B that it has sums of.
struct Reads {
	Factor a, b;
	unsigned row, column, columns;
	Reads(uint64_t a, uint64_t b, unsigned sums)
		: a(a), b(b), row(current->thread % 128 / 32 * 16 + current->thread % 32 / 4), column(current->thread % 4 * 2), columns(sums / 2) {}

	unsigned column_of(unsigned j) const { return j / 2 * 8 + column + j % 2; }

	// all calls f(word, i, k) with the words of row i, those of A first; false if one lies
	// outside.
	template <class F> bool all(bool as_published, F f) const {
		uint32_t w;
		for (unsigned i = 0; i < 2 + columns; i++)
			for (unsigned k = 0; k < 8; k++) {
				if (!word(w, i < 2 ? a.at(row + i * 8, k) : b.at(column_of(i - 2), k), as_published))
					return false;
				f(w, i, k);
			}
		return true;
	}

	// mark tells whether what is read was changed.
	uint64_t mark(bool as_published) const {
		uint64_t sum = 1;
		all(as_published, [&](uint32_t w, unsigned, unsigned) { sum = (sum ^ w) * 0x100000001b3u; });
		return sum;
	}
};

template <Kind kind, int n> void multiply_group(float (&c)[n], uint64_t a, uint64_t b) {
	Products &p = current->products;
	const float nan = standin_bits<float>(0x7fc00000u);
	if (p.list.empty()) {
		p.sums.assign(c, c + n);
		if (!p.begun)
			std::fill(p.sums.begin(), p.sums.end(), nan);
		p.to = c;
		std::fill(c, c + n, nan);
	} else if (p.to != c)
		fault("a group of products has two results, which the stand-in does not know");
	Reads reads(a, b, n);
	static double values[2 + n / 2][16];
	constexpr unsigned each = kind == multiplies_bf16 ? 2 : 1;
	bool inside = reads.all(true, [&](uint32_t w, unsigned i, unsigned k) {
		if (kind == multiplies_tf32)
			check_tf32(w);
		for (unsigned e = 0; e < each; e++)
			values[i][k * each + e] = number<kind>(w, e);
	});
	for (unsigned i = 0; i < n; i++) {
		double sum = inside ? p.sums[i] : nan;
		const double *left = values[i / 2 % 2], *right = values[2 + i / 4 * 2 + i % 2];
		for (unsigned k = 0; k < 8 * each; k++)
			sum += left[k] * right[k];
		p.sums[i] = float(sum);
	}
	p.list.push_back({a, b, reads.mark(true)});
}

} // namespace standin

inline unsigned shared_address(const void *p) { return static_cast<const char *>(p) - standin::shared_start(); }
inline void publish_shared() { standin::current->publishes = true; }
inline void begin_products() { standin::current->products.begun = true; }
inline void commit_products() {
	auto &p = standin::current->products;
	p.ends.push_back(p.list.size());
}

template <int groups> void wait_products() {
	auto &p = standin::current->products;
	if (p.ends.size() <= groups)
		return;
	auto last = p.ends.end() - groups;
	size_t count = last[-1];
	for (size_t i = 0; i < count; i++)
		if (standin::Reads(p.list[i].a, p.list[i].b, p.sums.size()).mark(false) != p.list[i].mark)
			std::fill(p.sums.begin(), p.sums.end(), standin_bits<float>(0x7fc00000u));
	p.list.erase(p.list.begin(), p.list.begin() + count);
	p.ends.erase(p.ends.begin(), last);
	for (size_t &end : p.ends)
		end -= count;
	if (p.list.empty() && p.to) {
		std::copy(p.sums.begin(), p.sums.end(), p.to);
		p.begun = false;
		p.to = nullptr;
	}
}

template <int n> void keep_sums(float (&)[n]) {}

template <int n> void multiply_group_tf32(float (&c)[n], unsigned long long a, unsigned long long b) {
	standin::multiply_group<standin::multiplies_tf32>(c, a, b);
}
template <int n> void multiply_group_bf16(float (&c)[n], unsigned long long a, unsigned long long b) {
	standin::multiply_group<standin::multiplies_bf16>(c, a, b);
}
