// What `kernels.cu` needs of CUDA, on the CPU: for tests of the kernels' arithmetic and of their indices without a GPU.
//
// Every thread of a block is a coroutine; blocks run one after the other. A thread runs until it meets a barrier: of the
// block (__syncthreads) or of its warp (a shuffle). A barrier that not every thread reaches ends the program with a
// message, as it would hang or be undefined on a GPU.

#pragma once
#define GALLEY_EMULATED
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <functional>
#include <vector>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(threads)
#define __shared__ static

struct Triple {
    unsigned x, y, z;
};
static Triple threadIdx, blockIdx, blockDim, gridDim;

struct __nv_bfloat16 {
    uint16_t bits;
};
static inline float __bfloat162float(__nv_bfloat16 x) {
    uint32_t bits = (uint32_t)x.bits << 16;
    float y;
    memcpy(&y, &bits, 4);
    return y;
}
// To the nearest, ties to even.
static inline __nv_bfloat16 __float2bfloat16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits += 0x7FFF + ((bits >> 16) & 1);
    return {(uint16_t)(bits >> 16)};
}
static inline int __float_as_int(float x) {
    int y;
    memcpy(&y, &x, 4);
    return y;
}
static inline float __int_as_float(int x) {
    float y;
    memcpy(&y, &x, 4);
    return y;
}

namespace emulated {
enum State { RUNS, AT_WARP, AT_BLOCK, DONE };
struct Thread {
    ucontext_t context;
    std::vector<char> stack;
    State state;
};
static std::vector<Thread> threads;
static std::vector<float> slots;
static ucontext_t scheduler;
static unsigned current;
static std::function<void()> body;

static void wait(State state) {
    threads[current].state = state;
    const unsigned me = current;
    swapcontext(&threads[me].context, &scheduler);
}
static void enter() {
    body();
    threads[current].state = DONE;
}
static bool release(unsigned from, unsigned to, State state) {
    bool any = false;
    for (unsigned t = from; t < to; t++) {
        if (threads[t].state == DONE) continue;
        if (threads[t].state != state) return false;
        any = true;
    }
    for (unsigned t = from; any && t < to; t++)
        if (threads[t].state == state) threads[t].state = RUNS;
    return any;
}
static void run_block() {
    const unsigned n = blockDim.x;
    threads.resize(n);
    slots.assign(n, 0.f);
    for (unsigned t = 0; t < n; t++) {
        threads[t].stack.resize(32 << 10);
        getcontext(&threads[t].context);
        threads[t].context.uc_stack.ss_sp = threads[t].stack.data();
        threads[t].context.uc_stack.ss_size = threads[t].stack.size();
        threads[t].context.uc_link = &scheduler;
        makecontext(&threads[t].context, enter, 0);
        threads[t].state = RUNS;
    }
    for (;;) {
        bool ran = false, left = false;
        for (unsigned t = 0; t < n; t++) {
            if (threads[t].state == RUNS) {
                ran = true;
                current = t;
                threadIdx.x = t;
                swapcontext(&scheduler, &threads[t].context);
            }
            left |= threads[t].state != DONE;
        }
        if (!left) return;
        bool freed = release(0, n, AT_BLOCK);
        for (unsigned w = 0; w < n; w += 32) freed |= release(w, w + 32 < n ? w + 32 : n, AT_WARP);
        if (!ran && !freed) {
            fprintf(stderr, "a barrier is not reached by all threads\n");
            abort();
        }
    }
}
template <typename F> static void launch(Triple grid, unsigned block, F kernel) {
    gridDim = grid;
    blockDim = {block, 1, 1};
    body = kernel;
    for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++) run_block();
}
}  // namespace emulated

static inline void __syncthreads() { emulated::wait(emulated::AT_BLOCK); }
static inline float __shfl_xor_sync(unsigned, float x, int lanes) {
    const unsigned me = emulated::current;
    emulated::slots[me] = x;
    emulated::wait(emulated::AT_WARP);
    const float y = emulated::slots[me ^ (unsigned)lanes];
    emulated::wait(emulated::AT_WARP);
    return y;
}

#include "kernels.cu"

// Launches a kernel by name with its arguments, each a pointer to its value, in order, as the driver does. 0: done.
extern "C" int launch(const char *name, const unsigned *grid, unsigned block, void **args) {
#define P(type, at) (*(type *)args[at])
#define ATTENDS(T, D)                                                                                                  \
    if (!strcmp(name, "attend_" #T "_" #D)) {                                                                          \
        emulated::launch({grid[0], grid[1], grid[2]}, block, [=] {                                                     \
            attend_##T##_##D(P(const T *, 0), P(const T *, 1), P(const T *, 2), P(const u32 *, 3), P(T *, 4),            \
                             P(float *, 5), P(int, 6), P(int, 7), P(int, 8), P(int, 9), P(int, 10), P(float, 11));     \
        });                                                                                                            \
        return 0;                                                                                                      \
    }
#define REST(T)                                                                                                        \
    ATTENDS(T, 16)                                                                                                     \
    ATTENDS(T, 24)                                                                                                     \
    ATTENDS(T, 32)                                                                                                     \
    ATTENDS(T, 64)                                                                                                     \
    ATTENDS(T, 128)                                                                                                    \
    if (!strcmp(name, "merge_" #T)) {                                                                                  \
        emulated::launch({grid[0], grid[1], grid[2]}, block,                                                           \
                         [=] { merge_##T(P(const float *, 0), P(T *, 1), P(int, 2), P(int, 3)); });                    \
        return 0;                                                                                                      \
    }                                                                                                                  \
    if (!strcmp(name, "rms_norm_" #T)) {                                                                               \
        emulated::launch({grid[0], grid[1], grid[2]}, block, [=] {                                                     \
            rms_norm_##T(P(const T *, 0), P(const T *, 1), P(T *, 2), P(int, 3), P(float, 4));                         \
        });                                                                                                            \
        return 0;                                                                                                      \
    }                                                                                                                  \
    if (!strcmp(name, "norm_rotate_" #T)) {                                                                            \
        emulated::launch({grid[0], grid[1], grid[2]}, block, [=] {                                                     \
            norm_rotate_##T(P(const T *, 0), P(const T *, 1), P(const float *, 2), P(const float *, 3), P(T *, 4),      \
                            P(int, 5), P(int, 6), P(int, 7), P(float, 8));                                             \
        });                                                                                                            \
        return 0;                                                                                                      \
    }                                                                                                                  \
    if (!strcmp(name, "swiglu_" #T)) {                                                                                 \
        emulated::launch({grid[0], grid[1], grid[2]}, block,                                                           \
                         [=] { swiglu_##T(P(const T *, 0), P(const T *, 1), P(T *, 2), P(u32, 3)); });                 \
        return 0;                                                                                                      \
    }                                                                                                                  \
    if (!strcmp(name, "draw_" #T)) {                                                                                   \
        emulated::launch({grid[0], grid[1], grid[2]}, block, [=] {                                                     \
            draw_##T(P(const T *, 0), P(const double *, 1), P(float *, 2), P(int, 3), P(float, 4), P(int, 5),           \
                     P(float, 6));                                                                                     \
        });                                                                                                            \
        return 0;                                                                                                      \
    }
    REST(float)
    REST(bf16)
    return 1;
}
