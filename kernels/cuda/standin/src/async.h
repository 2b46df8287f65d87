// The functions of async.cuh: copies arrive as late as waits allow. Until its thread
// waits for a copy, its place holds NaN, and what is copied is read only then.
#pragma once

namespace standin {

inline bool is_shared(const void *p, size_t bytes) {
	auto *at = static_cast<const char *>(p);
	return at >= reinterpret_cast<const char *>(__start_shared_memory) && at + bytes <= reinterpret_cast<const char *>(__stop_shared_memory);
}

inline void arrive(const Copy &c) {
	for (int i = 0; i < c.count; i++)
		c.to[i] = c.from ? c.from[i] : 0;
}

} // namespace standin

template <int count> void copy_async(float *to, const float *from, bool wanted) {
	static_assert(count == 1 || count == 4, "copies are of 4 or 16 bytes");
	constexpr size_t bytes = count * sizeof *to;
	if (!standin::is_shared(to, bytes))
		standin::fault("an asynchronous copy goes beyond shared memory");
	if (reinterpret_cast<uintptr_t>(to) % bytes || reinterpret_cast<uintptr_t>(from) % bytes)
		standin::fault("an asynchronous copy is not aligned");
	std::fill(to, to + count, standin_bits<float>(0x7fc00000u));
	standin::current->copies.list.push_back({to, wanted ? from : nullptr, count});
}

inline void commit_copies() {
	auto &c = standin::current->copies;
	c.ends.push_back(c.list.size());
}

template <int groups> void wait_copies() {
	auto &c = standin::current->copies;
	if (c.ends.size() <= groups)
		return;
	auto last = c.ends.end() - groups; // of those waited for
	size_t count = last[-1];
	std::for_each(c.list.begin(), c.list.begin() + count, standin::arrive);
	c.list.erase(c.list.begin(), c.list.begin() + count);
	c.ends.erase(c.ends.begin(), last);
	for (size_t &end : c.ends)
		end -= count;
}
