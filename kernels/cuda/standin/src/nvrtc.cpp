// NVRTC without a GPU: g++ makes a shared library of a .cu file.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

namespace fs = std::filesystem;

struct _nvrtcProgram {
	fs::path folder;
	std::string log, image;
};

static std::string read(const fs::path &path) {
	std::ifstream in(path, std::ios::binary);
	return {std::istreambuf_iterator<char>(in), {}};
}

static void write(const fs::path &path, const std::string &text) { std::ofstream(path, std::ios::binary) << text; }

extern "C" {

int nvrtcVersion(int *major, int *minor) { return *major = 12, *minor = 4, 0; }

int nvrtcCreateProgram(_nvrtcProgram **program, const char *source, const char *name, int count, const char *const *headers,
	const char *const *names) {
	std::string folder = (fs::temp_directory_path() / "standin-XXXXXX").string();
	if (!mkdtemp(folder.data()))
		return 1;
	auto *p = *program = new _nvrtcProgram{folder, "", ""};
	for (int i = 0; i < count; i++)
		write(p->folder / names[i], headers[i]);
	std::string text = "#include \"" STANDIN_KERNEL_H "\"\n#line 1 \"" + std::string(name) + "\"\n" + source + "\n";
	static const std::regex kernel("__global__ void (?:__launch_bounds__\\(([^)]*)\\) )?(\\w+)\\(");
	std::string plain = source;
	for (std::sregex_iterator it(plain.begin(), plain.end(), kernel), end; it != end; ++it)
		text += "STANDIN_KERNEL(" + (*it)[2].str() + ", " + ((*it)[1].matched ? (*it)[1].str() : "1024") + ")\n";
	write(p->folder / "kernel.cpp", text);
	return 0;
}

// A product and a sum are rounded once wherever this machine can, as --fmad=true asks:
// what counts on its rounding twice does so by __fmul_rn.
static const char *contraction() {
#ifdef __x86_64__
	if (__builtin_cpu_supports("fma"))
		return "-mfma -ffp-contract=fast -fexpensive-optimizations ";
#endif
	return "";
}

int nvrtcCompileProgram(_nvrtcProgram *p, int, const char *const *) {
	std::string d = p->folder.string();
	std::string command = "cd " + d + " && g++ -std=c++17 -O1 " + contraction() + "-fPIC -shared -Wall -Wextra -Werror -Wno-unused-function -Wno-unknown-pragmas -I. kernel.cpp -o kernel.so > log 2>&1";
	int failed = std::system(command.c_str());
	p->log = read(p->folder / "log");
	std::string library = read(p->folder / "kernel.so");
	uint64_t bytes = library.size();
	p->image = std::string(reinterpret_cast<char *>(&bytes), sizeof bytes) + library;
	fs::remove_all(p->folder);
	return failed ? 6 : 0; // NVRTC_ERROR_COMPILATION
}

int nvrtcGetProgramLogSize(_nvrtcProgram *p, size_t *bytes) { return *bytes = p->log.size() + 1, 0; }
int nvrtcGetProgramLog(_nvrtcProgram *p, char *log) { return memcpy(log, p->log.c_str(), p->log.size() + 1), 0; }
int nvrtcGetCUBINSize(_nvrtcProgram *p, size_t *bytes) { return *bytes = p->image.size(), 0; }
int nvrtcGetCUBIN(_nvrtcProgram *p, char *image) { return memcpy(image, p->image.data(), p->image.size()), 0; }
int nvrtcDestroyProgram(_nvrtcProgram **p) { return delete *p, *p = nullptr, 0; }
const char *nvrtcGetErrorString(int code) { return code == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR"; }
}
