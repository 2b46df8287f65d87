// Times oneDNN at single layers and prints one JSON object a line.
//
// Build (Debian: g++ and libdnnl-dev; compare does it by itself):
//
//     c++ -O2 -std=c++17 -o onednn_peer onednn_peer.cpp -ldnnl
//
//     onednn_peer --layers [--seconds 0.2] [--threads 2] < lines
//
// A line is NAME PASS BATCH IN OUT SIDE KERNEL STRIDE PADDING TRANSPOSED, as compare writes them. Variants: "direct"
// and, where oneDNN has it, "winograd". oneDNN chooses every memory layout and is given its tensors in it: what it
// takes to bring them there from NCHW and back is not counted, in its favour. Threads: OMP_NUM_THREADS, which compare
// sets; --threads is there for the other peers' sake.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <unordered_map>
#include <vector>

#include <dnnl.hpp>

using dnnl::algorithm;
using dnnl::memory;

struct Layer {
    std::string name, pass;
    memory::dim batch, in, out, side, kernel, stride, padding, transposed;

    memory::dim outSide() const {
        return transposed ? (side - 1) * stride - 2 * padding + kernel : (side + 2 * padding - kernel) / stride + 1;
    }
};

std::istream& operator>>(std::istream& s, Layer& l) {
    return s >> l.name >> l.pass >> l.batch >> l.in >> l.out >> l.side >> l.kernel >> l.stride >> l.padding >> l.transposed;
}

// Seconds of each call for about so long, after two calls to warm up.
template <class Call>
std::vector<double> measure(double seconds, Call call) {
    using clock = std::chrono::steady_clock;
    auto since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };
    call();
    call();
    std::vector<double> times;
    auto start = clock::now();
    do {
        auto begin = clock::now();
        call();
        times.push_back(since(begin));
    } while (since(start) < seconds);
    return times;
}

using Args = std::unordered_map<int, memory>;

// A tensor in the layout that a primitive wants, filled with 0.5.
memory filled(const memory::desc& d, const dnnl::engine& e) {
    memory m(d, e);
    auto* values = static_cast<float*>(m.get_data_handle());
    std::fill(values, values + d.get_size() / sizeof(float), 0.5f);
    return m;
}

// The primitive of a pass, ready to run. Backward ones ask for the description of the forward one.
template <class Forward, class BackwardData, class BackwardWeights>
std::pair<dnnl::primitive, Args> prepare(const Layer& l, algorithm how, const dnnl::engine& e) {
    auto any = [](memory::dims d) { return memory::desc(d, memory::data_type::f32, memory::format_tag::any); };
    auto x = any({l.batch, l.in, l.side, l.side}), w = any({l.out, l.in, l.kernel, l.kernel});
    auto y = any({l.batch, l.out, l.outSide(), l.outSide()});
    memory::dims stride{l.stride, l.stride}, padding{l.padding, l.padding};

    bool training = l.pass != "forward";
    auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
    typename Forward::primitive_desc forward({kind, how, x, w, y, stride, padding, padding}, e);
    if (l.pass == "forward")
        return {Forward(forward),
                {{DNNL_ARG_SRC, filled(forward.src_desc(), e)},
                 {DNNL_ARG_WEIGHTS, filled(forward.weights_desc(), e)},
                 {DNNL_ARG_DST, filled(forward.dst_desc(), e)}}};
    if (l.pass == "backward-data") {
        typename BackwardData::primitive_desc p({how, x, w, y, stride, padding, padding}, e, forward);
        return {BackwardData(p),
                {{DNNL_ARG_DIFF_SRC, filled(p.diff_src_desc(), e)},
                 {DNNL_ARG_WEIGHTS, filled(p.weights_desc(), e)},
                 {DNNL_ARG_DIFF_DST, filled(p.diff_dst_desc(), e)}}};
    }
    typename BackwardWeights::primitive_desc p({how, x, w, y, stride, padding, padding}, e, forward);
    return {BackwardWeights(p),
            {{DNNL_ARG_SRC, filled(p.src_desc(), e)},
             {DNNL_ARG_DIFF_WEIGHTS, filled(p.diff_weights_desc(), e)},
             {DNNL_ARG_DIFF_DST, filled(p.diff_dst_desc(), e)}}};
}

void time(const Layer& l, const char* variant, bool winograd, double seconds, const dnnl::engine& e, dnnl::stream& s) {
    auto [primitive, args] =
        l.transposed
            ? prepare<dnnl::deconvolution_forward, dnnl::deconvolution_backward_data, dnnl::deconvolution_backward_weights>(
                  l, winograd ? algorithm::deconvolution_winograd : algorithm::deconvolution_direct, e)
            : prepare<dnnl::convolution_forward, dnnl::convolution_backward_data, dnnl::convolution_backward_weights>(
                  l, winograd ? algorithm::convolution_winograd : algorithm::convolution_direct, e);
    auto times = measure(seconds, [&, &primitive = primitive, &args = args] {
        primitive.execute(s, args);
        s.wait();
    });
    double sum = 0;
    for (double t : times) sum += t;
    auto* v = dnnl::version();
    std::printf("{\"work\": \"%s\", \"peer\": \"oneDNN %d.%d.%d\", \"variant\": \"%s\", \"runs\": %zu, \"mean_ms\": %.5f, "
                "\"best_ms\": %.5f}\n",
                l.name.c_str(), v->major, v->minor, v->patch, variant, times.size(), 1e3 * sum / times.size(),
                1e3 * *std::min_element(times.begin(), times.end()));
    std::fflush(stdout);
}

int main(int argc, char** argv) {
    double seconds = 0.2;
    for (int i = 1; i + 1 < argc; i++)
        if (std::string(argv[i]) == "--seconds") seconds = std::atof(argv[i + 1]);
    dnnl::engine e(dnnl::engine::kind::cpu, 0);
    dnnl::stream s(e);
    for (Layer l; std::cin >> l;) {
        time(l, "direct", false, seconds, e, s);
        try {
            time(l, "winograd", true, seconds, e, s);
        } catch (const dnnl::error& err) {
            if (err.status != dnnl_unimplemented) throw;
        }
    }
}
