// Streams of the stand-in driver: what is queued is done at once, but for copies to
// the device, or recorded while the stream captures. Recorded work is a list that a
// graph runs through.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <set>
#include <vector>

namespace {

// Codes of captures that go wrong.
enum { illegal_state = 401, capture_unsupported = 900, capture_invalidated = 901, capture_isolation = 905, captured_event = 907 };

using Work = std::function<int()>; // returns the driver's code

constexpr int relaxed = 2; // the mode in which unsafe calls may be made meanwhile

// Copies to the device wait until something waits for them, or their stream goes
// on, so that work which misses a wait between streams sees what was there before.
struct Copy {
	uint64_t to;
	const void *from;
	size_t bytes;
};

struct Stream {
	std::deque<Copy> copies;
	size_t queued = 0, done = 0;

	bool capturing = false, broken = false;
	int mode = relaxed;
	std::vector<Work> recorded;
};

struct Event {
	Stream *stream = nullptr; // of the last record
	size_t queued = 0;        // there
	bool captured = false;
	std::chrono::steady_clock::time_point time;
};

struct Graph {
	std::vector<Work> work;
};

std::set<Stream *> capturing;

int copy(const Copy &c) { return memcpy(reinterpret_cast<void *>(c.to), c.from, c.bytes), 0; }

// finish does a stream's copies up to a number.
void finish(Stream *s, size_t queued) {
	for (; s->done < queued; s->done++) {
		copy(s->copies.front());
		s->copies.pop_front();
	}
}
void finish(void *stream) {
	Stream *s = static_cast<Stream *>(stream);
	finish(s, s->queued);
}
void finish(Event *e) {
	if (e->stream)
		finish(e->stream, e->queued);
}

// submit does work or has it recorded.
int submit(void *stream, Work work) {
	auto *s = static_cast<Stream *>(stream);
	if (!s->capturing)
		return finish(stream), work();
	if (s->broken)
		return capture_invalidated;
	s->recorded.push_back(std::move(work));
	return 0;
}

// copy_in queues a copy to the device.
int copy_in(void *stream, Copy c) {
	auto *s = static_cast<Stream *>(stream);
	if (s->capturing)
		return submit(stream, [=] { return copy(c); });
	s->copies.push_back(c);
	s->queued++;
	return 0;
}

void record(Event *event, void *stream) {
	auto *s = static_cast<Stream *>(stream);
	*event = {s, s->queued, s->capturing, std::chrono::steady_clock::now()};
}

// forbidden ends captures that a call on a stream, or any unsafe call, spoils.
int forbidden(void *stream) {
	int code = 0;
	for (Stream *s : capturing)
		if (s == stream || s->mode != relaxed) {
			s->broken = true;
			code = capture_unsupported;
		}
	return code;
}

// wait_for makes a stream wait for an event. A capture takes in no work that was
// queued outside of it, and the stand-in knows none of several streams.
int wait_for(void *stream, Event *event) {
	auto *s = static_cast<Stream *>(stream);
	if (!s->capturing && !event->captured)
		return finish(event), 0;
	if (s->capturing)
		s->broken = true;
	return event->captured ? capture_unsupported : capture_isolation;
}

int begin_capture(void *stream, int mode) {
	auto *s = static_cast<Stream *>(stream);
	if (!s || mode < 0 || mode > relaxed)
		return 1; // CUDA_ERROR_INVALID_VALUE
	if (s->capturing)
		return illegal_state;
	finish(stream);
	s->capturing = true;
	s->broken = false;
	s->mode = mode;
	s->recorded.clear();
	capturing.insert(s);
	return 0;
}

int end_capture(void *stream, Graph **graph) {
	auto *s = static_cast<Stream *>(stream);
	*graph = nullptr;
	if (!s->capturing)
		return illegal_state;
	s->capturing = false;
	capturing.erase(s);
	if (s->broken)
		return capture_invalidated;
	*graph = new Graph{std::move(s->recorded)};
	return 0;
}

int launch_graph(const Graph *graph, void *stream) {
	if (static_cast<Stream *>(stream)->capturing)
		return forbidden(stream);
	finish(stream);
	for (const Work &work : graph->work)
		if (int code = work())
			return code;
	return 0;
}

} // namespace
