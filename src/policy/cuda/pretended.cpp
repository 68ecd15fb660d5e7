// A CUDA driver, cuBLAS and cuRAND that compute nothing and check every call.
//
// Memory is main memory, filled with zeros; copies are made. A launch is looked up in the PTX that was loaded and refused
// where a GPU would refuse it or go astray: no such kernel, an empty grid, too large a block, a pointer that is in no live
// buffer, a product that reads beyond one. What is wrong is said on stderr, and counted at the end.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

typedef unsigned long long u64;
typedef int Code;
enum { OK = 0, INVALID = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500, LAUNCH = 719 };

namespace {
struct Kernel {
    std::string name;
    // Whether a parameter is a word of 64 bits: a pointer, or a count.
    std::vector<bool> words;
    int most_threads = 1024;
};
struct State {
    std::mutex lock;
    std::map<u64, size_t> live;
    std::map<std::string, long> launches;
    std::map<std::string, long> wrong;
    std::set<long> threads;
    size_t in_use = 0, peak = 0;
    long allocations = 0, products = 0;
    ~State() {
        long total = 0, kinds = 0;
        for (auto &each : launches) total += each.second, kinds++;
        fprintf(stderr, "pretended GPU: %ld launches of %ld kernels, %ld products, %ld buffers (peak %.1f MiB, %zu left), %zu threads\n",
                total, kinds, products, allocations, peak / 1048576.0, live.size(), threads.size());
        if (getenv("PRETEND_KERNELS"))
            for (auto &each : launches) fprintf(stderr, "  %8ld  %s\n", each.second, each.first.c_str());
        for (auto &each : wrong) fprintf(stderr, "WRONG %ld times: %s\n", each.second, each.first.c_str());
        if (!wrong.empty()) _exit(99);
    }
};
State &state() {
    static State s;
    return s;
}
void note(const std::string &what) {
    if (state().wrong[what]++ == 0) fprintf(stderr, "WRONG: %s\n", what.c_str());
}
void seen() { state().threads.insert(syscall(SYS_gettid)); }
// Whether bytes from an address on lie in one live buffer.
bool inside(u64 at, size_t bytes) {
    auto after = state().live.upper_bound(at);
    if (after == state().live.begin()) return false;
    auto own = std::prev(after);
    return at >= own->first && at + bytes <= own->first + own->second;
}
Code allocate(u64 *out, size_t bytes) {
    seen();
    std::lock_guard<std::mutex> hold(state().lock);
    if (bytes == 0) note("a buffer of no bytes");
    void *p = nullptr;
    if (posix_memalign(&p, 256, bytes ? bytes : 256)) return OUT_OF_MEMORY;
    memset(p, 0, bytes);
    *out = (u64)p;
    state().live[*out] = bytes;
    state().allocations++;
    state().in_use += bytes;
    if (state().in_use > state().peak) state().peak = state().in_use;
    return OK;
}
Code release(u64 p) {
    std::lock_guard<std::mutex> hold(state().lock);
    auto own = state().live.find(p);
    if (own == state().live.end()) {
        note("a buffer is given back that is not there");
        return INVALID;
    }
    state().in_use -= own->second;
    state().live.erase(own);
    free((void *)p);
    return OK;
}
bool checked(u64 p, size_t bytes, const char *what) {
    std::lock_guard<std::mutex> hold(state().lock);
    seen();
    if (bytes == 0 || inside(p, bytes)) return true;
    note(std::string(what) + " beyond a buffer");
    return false;
}
typedef std::map<std::string, Kernel> Module;
Module *read(const char *ptx) {
    auto *all = new Module;
    if (memcmp(ptx, "\x7f""ELF", 4) == 0) return all;
    const char *at = ptx;
    while ((at = strstr(at, ".entry "))) {
        at += 7;
        Kernel kernel;
        while (*at != '(' && *at != ' ' && *at != '\n') kernel.name += *at++;
        const char *body = strchr(at, '{'), *end = at;
        // Up to the parenthesis that closes the parameters; a kernel without has a body at once.
        const char *open = strchr(at, '(');
        if (open && open < body) {
            end = strchr(open, ')');
            std::string list(open, end);
            size_t p = 0;
            while ((p = list.find(".param ", p)) != std::string::npos) {
                p += 7;
                size_t q = list.find_first_of(",\n", p);
                std::string one = list.substr(p, q == std::string::npos ? std::string::npos : q - p);
                kernel.words.push_back(one.compare(0, 4, ".u64") == 0);
            }
        }
        std::string head(end, body);
        size_t most = head.find(".maxntid ");
        if (most != std::string::npos) kernel.most_threads = atoi(head.c_str() + most + 9);
        (*all)[kernel.name] = kernel;
    }
    return all;
}
}  // namespace

extern "C" {
Code cuInit(unsigned) { return OK; }
Code cuDriverGetVersion(int *v) { *v = 13000; return OK; }
Code cuDeviceGetCount(int *n) { *n = 1; return OK; }
Code cuDeviceGet(int *d, int) { *d = 0; return OK; }
Code cuDeviceGetName(char *s, int n, int) { snprintf(s, n, "a pretended GPU"); return OK; }
Code cuDeviceTotalMem_v2(size_t *n, int) { *n = (size_t)139 << 30; return OK; }
Code cuDevicePrimaryCtxRetain(void **c, int) { *c = (void *)0x10; return OK; }
Code cuCtxGetCurrent(void **c) { *c = (void *)0x10; return OK; }
Code cuDeviceGetAttribute(int *v, int what, int) {
    *v = what == 75 ? 9 : what == 76 ? 0 : what == 16 ? 132 : what == 1 ? 1024 : what == 10 ? 32 : what == 8 ? 49152 : what == 115 ? 1 : 1;
    return OK;
}
Code cuGetErrorName(int, const char **s) { *s = "PRETENDED"; return OK; }
Code cuGetErrorString(int code, const char **s) {
    *s = code == NOT_FOUND ? "no such kernel" : "refused by the pretended GPU";
    return OK;
}
Code cuMemAllocAsync(u64 *p, size_t n, void *) { return allocate(p, n); }
Code cuMemAlloc_v2(u64 *p, size_t n) { return allocate(p, n); }
Code cuMemFreeAsync(u64 p, void *) { return release(p); }
Code cuMemFree_v2(u64 p) { return release(p); }
Code cuMemcpyHtoDAsync_v2(u64 to, const void *from, size_t n, void *) {
    if (!checked(to, n, "a copy to the device")) return INVALID;
    memcpy((void *)to, from, n);
    return OK;
}
Code cuMemcpyDtoHAsync_v2(void *to, u64 from, size_t n, void *) {
    if (!checked(from, n, "a copy from the device")) return INVALID;
    memcpy(to, (void *)from, n);
    return OK;
}
Code cuMemcpyDtoDAsync_v2(u64 to, u64 from, size_t n, void *) {
    if (!checked(to, n, "a copy on the device") || !checked(from, n, "a copy on the device")) return INVALID;
    memmove((void *)to, (void *)from, n);
    return OK;
}
Code cuMemsetD8Async(u64 p, unsigned char v, size_t n, void *) {
    if (!checked(p, n, "a fill")) return INVALID;
    memset((void *)p, v, n);
    return OK;
}
Code cuStreamCreate(void **s, unsigned) { *s = (void *)0x20; return OK; }
Code cuEventCreate(void **s, unsigned) { *s = (void *)0x30; return OK; }
Code cuMemGetInfo_v2(size_t *free, size_t *all) { *free = *all = (size_t)139 << 30; return OK; }
Code cuModuleLoadData(void **module, const void *image) { *module = read((const char *)image); return OK; }
Code cuModuleGetFunction(void **function, void *module, const char *name) {
    auto *all = (Module *)module;
    auto own = all->find(name);
    if (own == all->end()) {
        std::lock_guard<std::mutex> hold(state().lock);
        note(std::string("no kernel ") + name);
        return NOT_FOUND;
    }
    *function = &own->second;
    return OK;
}
Code cuFuncGetAttribute(int *v, int, void *) { *v = 0; return OK; }
Code cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                    unsigned shared, void *, void **arguments, void **) {
    auto *kernel = (Kernel *)function;
    std::lock_guard<std::mutex> hold(state().lock);
    seen();
    state().launches[kernel->name]++;
    auto wrong = [&](const std::string &what) {
        note(kernel->name + ": " + what);
        return INVALID;
    };
    if ((u64)gx * gy * gz == 0 || (u64)bx * by * bz == 0)
        return wrong("an empty grid (" + std::to_string(gx) + " x " + std::to_string(gy) + " x " + std::to_string(gz) + ")");
    if (gx > 0x7fffffffu || gy > 65535 || gz > 65535) return wrong("too large a grid");
    if ((u64)bx * by * bz > (u64)kernel->most_threads) return wrong("too large a block");
    if (shared > 48 << 10) return wrong("too much shared memory");
    for (size_t i = 0; i < kernel->words.size(); i++) {
        if (!kernel->words[i]) continue;
        const u64 at = *(u64 *)arguments[i];
        // Counts are small and addresses are not; the end of a buffer is where an empty rest begins.
        if (at >> 32 && !inside(at, 1) && !inside(at - 1, 1)) return wrong("argument " + std::to_string(i) + " is in no buffer");
    }
    return OK;
}

// cuBLAS: column-major products; sizes of its types by their number.
static size_t size_of(int type) { return type == 0 ? 4 : type == 1 ? 8 : 2; }
static Code product(const char *name, int ta, int tb, int m, int n, int k, u64 a, int at, int lda, long long sa, u64 b, int bt, int ldb,
                    long long sb, u64 c, int ct, int ldc, long long sc, int batch) {
    std::lock_guard<std::mutex> hold(state().lock);
    seen();
    state().products++;
    auto text = [&](const char *what) {
        char all[300];
        snprintf(all, sizeof all, "%s %d%d %dx%dx%d batch %d: %s", name, ta, tb, m, n, k, batch, what);
        note(all);
        return 7;
    };
    if (m <= 0 || n <= 0 || k <= 0 || batch <= 0) return text("an empty product");
    const int ra = ta ? k : m, ca = ta ? m : k, rb = tb ? n : k, cb = tb ? k : n;
    if (lda < ra || ldb < rb || ldc < m) return text("a leading dimension is too small");
    auto reach = [&](int rows, int columns, long long ld, long long stride) { return (size_t)((batch - 1) * stride + (columns - 1) * ld + rows); };
    if (!inside(a, reach(ra, ca, lda, sa) * size_of(at))) return text("the first operand is read beyond its buffer");
    if (!inside(b, reach(rb, cb, ldb, sb) * size_of(bt))) return text("the second operand is read beyond its buffer");
    if (!inside(c, reach(m, n, ldc, sc) * size_of(ct))) return text("the result is written beyond its buffer");
    return 0;
}
Code cublasCreate_v2(void **h) { *h = (void *)0x40; return 0; }
Code cublasGemmStridedBatchedEx(void *, int ta, int tb, int m, int n, int k, const void *, u64 a, int at, int lda, long long sa, u64 b, int bt,
                                int ldb, long long sb, const void *, u64 c, int ct, int ldc, long long sc, int batch, int, int) {
    return product("GemmStridedBatchedEx", ta, tb, m, n, k, a, at, lda, sa, b, bt, ldb, sb, c, ct, ldc, sc, batch);
}
Code cublasGemmEx(void *, int ta, int tb, int m, int n, int k, const void *, u64 a, int at, int lda, u64 b, int bt, int ldb, const void *, u64 c,
                  int ct, int ldc, int, int) {
    return product("GemmEx", ta, tb, m, n, k, a, at, lda, 0, b, bt, ldb, 0, c, ct, ldc, 0, 1);
}
Code cublasSgemmStridedBatched(void *, int ta, int tb, int m, int n, int k, const void *, u64 a, int lda, long long sa, u64 b, int ldb,
                               long long sb, const void *, u64 c, int ldc, long long sc, int batch) {
    return product("Sgemm", ta, tb, m, n, k, a, 0, lda, sa, b, 0, ldb, sb, c, 0, ldc, sc, batch);
}
Code curandCreateGenerator(void **g, int) { *g = (void *)0x50; return 0; }
}
