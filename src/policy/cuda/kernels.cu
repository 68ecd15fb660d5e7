// The kernels of this project: attention of one new token over a cache, norms and rotation, and the choice of a token.
//
// Numbers are read in their own type (f32 or bf16) and computed in f32; nothing is rounded in between. Launch geometry and
// the order of arguments are those of `launches.rs`, and are tested without a GPU, as are these kernels themselves, compiled
// as C++ with `emulated.h` in place of CUDA. What no emulation shows is promised to the compiler (launch bounds) or checked
// by `device.rs` before a start (shapes, alignment, counts that do not fit).

#ifndef GALLEY_EMULATED
#include <cuda_bf16.h>
#endif

typedef __nv_bfloat16 bf16;
typedef unsigned int u32;

template <typename T> __device__ __forceinline__ float wide(T x);
template <> __device__ __forceinline__ float wide<float>(float x) { return x; }
template <> __device__ __forceinline__ float wide<bf16>(bf16 x) { return __bfloat162float(x); }
template <typename T> __device__ __forceinline__ T narrow(float x);
template <> __device__ __forceinline__ float narrow<float>(float x) { return x; }
template <> __device__ __forceinline__ bf16 narrow<bf16>(float x) { return __float2bfloat16(x); }

// N numbers that are read at once, in the widest loads (up to 16 bytes) that their size allows. Rows of heads are whole
// packs, so every pack is aligned where the first one is to 16 bytes.
constexpr int aligned(int bytes) { return bytes % 16 == 0 ? 16 : bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : 2; }
template <typename T, int N> struct alignas(aligned(sizeof(T) * N)) Pack { T at[N]; };

#define EVERYONE 0xffffffffu

__device__ __forceinline__ float warp_sum(float x) {
    for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(EVERYONE, x, step);
    return x;
}

__device__ __forceinline__ float warp_max(float x) {
    for (int step = 16; step > 0; step /= 2) x = fmaxf(x, __shfl_xor_sync(EVERYONE, x, step));
    return x;
}

// Over a block of whole warps; everyone gets the result.
__device__ float block_sum(float x) {
    __shared__ float of_warp[32];
    x = warp_sum(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
    __syncthreads();
    float total = 0.f;
    for (u32 i = 0; i < blockDim.x / 32; i++) total += of_warp[i];
    return total;
}

__device__ float block_max(float x) {
    __shared__ float of_warp[32];
    x = warp_max(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = x;
    __syncthreads();
    float top = of_warp[0];
    for (u32 i = 1; i < blockDim.x / 32; i++) top = fmaxf(top, of_warp[i]);
    return top;
}

// ---------------------------------------------------------------------------------------------------------------------
// Attention of one query token for each lane over a cache whose lanes end in the same column.
//
// q [lanes, heads, DIM]; keys, values [lanes, kv_heads, capacity, DIM]; first [lanes]: the lane's first column; columns
// first..columns are seen. Grid (lanes · kv_heads, splits, ⌈group / AT_ONCE⌉), 128 threads: a run of threads shares a
// key, a warp scores several keys at once, and no key or value is read twice by a group of up to four query heads. With one
// split the result goes to out [lanes, heads, DIM]; else each split leaves its unscaled sum, largest score and weight in
// partial [lanes, heads, splits, DIM + 2], for `merge`.

constexpr int WARPS = 4;
constexpr int AT_ONCE = 4;

template <typename T, int DIM>
__device__ void attend(const T *q, const T *keys, const T *values, const u32 *first, T *out, float *partial, int heads,
                       int kv_heads, int capacity, int columns, int splits, float scale) {
    // As many threads for a key as leave each 16 bytes of bf16: few enough registers for several blocks at once.
    constexpr int SHARING = DIM >= 64 ? 16 : 8;
    constexpr int SLOTS = WARPS * 32 / SHARING;
    constexpr int N = DIM / SHARING;
    __shared__ float slot_top[SLOTS], slot_sum[SLOTS], slot_mix[SLOTS * DIM];
    const int group = heads / kv_heads;
    const int lane = blockIdx.x / kv_heads, kv = blockIdx.x % kv_heads;
    const int split = blockIdx.y, head0 = kv * group + blockIdx.z * AT_ONCE;
    const int left = group - (int)blockIdx.z * AT_ONCE;
    const int count = left < AT_ONCE ? left : AT_ONCE;
    const int warp = threadIdx.x / 32, inner = threadIdx.x % 32;
    const int part = inner % SHARING, slot = warp * (32 / SHARING) + inner / SHARING;

    const int begin = first[lane];
    const int each = (columns - begin + splits - 1) / splits;
    const int from = begin + split * each;
    const int to = from + each < columns ? from + each : columns;

    float query[AT_ONCE][N], mix[AT_ONCE][N], top[AT_ONCE], sum[AT_ONCE];
#pragma unroll
    for (int h = 0; h < AT_ONCE; h++) {
        top[h] = -INFINITY;
        sum[h] = 0.f;
#pragma unroll
        for (int i = 0; i < N; i++) {
            mix[h][i] = 0.f;
            query[h][i] = h < count ? scale * wide(q[((size_t)lane * heads + head0 + h) * DIM + part * N + i]) : 0.f;
        }
    }
    const size_t base = ((size_t)lane * kv_heads + kv) * capacity * DIM + part * N;
    for (int start = from + warp * (32 / SHARING); start < to; start += SLOTS) {
        const int at = start + inner / SHARING;
        const bool seen = at < to;
        Pack<T, N> key, value;
        if (seen) {
            key = *reinterpret_cast<const Pack<T, N> *>(keys + base + (size_t)at * DIM);
            value = *reinterpret_cast<const Pack<T, N> *>(values + base + (size_t)at * DIM);
        }
#pragma unroll
        for (int h = 0; h < AT_ONCE; h++) {
            float score = 0.f;
            if (seen) {
#pragma unroll
                for (int i = 0; i < N; i++) score = fmaf(query[h][i], wide(key.at[i]), score);
            }
#pragma unroll
            for (int step = SHARING / 2; step > 0; step /= 2) score += __shfl_xor_sync(EVERYONE, score, step);
            if (seen && h < count) {
                const float higher = fmaxf(top[h], score);
                const float keep = expf(top[h] - higher), p = expf(score - higher);
                top[h] = higher;
                sum[h] = fmaf(sum[h], keep, p);
#pragma unroll
                for (int i = 0; i < N; i++) mix[h][i] = fmaf(mix[h][i], keep, p * wide(value.at[i]));
            }
        }
    }
#pragma unroll
    for (int h = 0; h < AT_ONCE; h++) {
        if (h >= count) break;
        __syncthreads();
        if (part == 0) {
            slot_top[slot] = top[h];
            slot_sum[slot] = sum[h];
        }
#pragma unroll
        for (int i = 0; i < N; i++) slot_mix[slot * DIM + part * N + i] = mix[h][i];
        __syncthreads();
        float highest = -INFINITY, weight = 0.f;
        for (int s = 0; s < SLOTS; s++) highest = fmaxf(highest, slot_top[s]);
        const float against = highest == -INFINITY ? 0.f : highest;
        for (int s = 0; s < SLOTS; s++) weight += slot_sum[s] * expf(slot_top[s] - against);
        const size_t row = (size_t)lane * heads + head0 + h;
        for (int d = threadIdx.x; d < DIM; d += blockDim.x) {
            float total = 0.f;
            for (int s = 0; s < SLOTS; s++) total = fmaf(slot_mix[s * DIM + d], expf(slot_top[s] - against), total);
            if (splits == 1) {
                out[row * DIM + d] = narrow<T>(total / weight);
            } else {
                partial[(row * splits + split) * (DIM + 2) + d] = total;
            }
        }
        if (splits > 1 && threadIdx.x == 0) {
            partial[(row * splits + split) * (DIM + 2) + DIM] = highest;
            partial[(row * splits + split) * (DIM + 2) + DIM + 1] = weight;
        }
    }
}

// Puts the splits of every head together. Grid (lanes · heads), 64 threads.
template <typename T> __device__ void merge(const float *partial, T *out, int dim, int splits) {
    const size_t row = blockIdx.x;
    const float *own = partial + row * splits * (dim + 2);
    float highest = -INFINITY, weight = 0.f;
    for (int s = 0; s < splits; s++) highest = fmaxf(highest, own[s * (dim + 2) + dim]);
    for (int s = 0; s < splits; s++)
        weight += own[s * (dim + 2) + dim + 1] * expf(own[s * (dim + 2) + dim] - highest);
    for (int d = threadIdx.x; d < dim; d += blockDim.x) {
        float total = 0.f;
        for (int s = 0; s < splits; s++)
            total = fmaf(own[s * (dim + 2) + d], expf(own[s * (dim + 2) + dim] - highest), total);
        out[row * dim + d] = narrow<T>(total / weight);
    }
}

#define ATTEND(T, DIM)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(WARPS * 32)                                                           \
        attend_##T##_##DIM(const T *q, const T *keys, const T *values, const u32 *first, T *out, float *partial,       \
                           int heads, int kv_heads, int capacity, int columns, int splits, float scale) {              \
        attend<T, DIM>(q, keys, values, first, out, partial, heads, kv_heads, capacity, columns, splits, scale);        \
    }
#define EVERY_DIM(T) ATTEND(T, 16) ATTEND(T, 24) ATTEND(T, 32) ATTEND(T, 64) ATTEND(T, 128)
EVERY_DIM(float)
EVERY_DIM(bf16)

// ---------------------------------------------------------------------------------------------------------------------
// y = w · x / √(mean x² + eps), row by row. Grid (rows), whole warps.

template <typename T> __device__ void rms_norm(const T *x, const T *weight, T *y, int width, float eps) {
    const size_t from = (size_t)blockIdx.x * width;
    float square = 0.f;
    for (int i = threadIdx.x; i < width; i += blockDim.x) square = fmaf(wide(x[from + i]), wide(x[from + i]), square);
    const float scale = 1.f / sqrtf(block_sum(square) / width + eps);
    for (int i = threadIdx.x; i < width; i += blockDim.x)
        y[from + i] = narrow<T>(wide(x[from + i]) * scale * wide(weight[i]));
}

// Every head of dim = 2 · half numbers normed by weight [dim] and turned by cos and sin [tokens, half]. Grid (⌈tokens ·
// heads / 4⌉), 128 threads: a warp for each head.
template <typename T>
__device__ void norm_rotate(const T *x, const T *weight, const float *cos, const float *sin, T *y, int heads, int half,
                            int count, float eps) {
    const int head = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, inner = threadIdx.x % 32;
    if (head >= count) return;
    const T *own = x + (size_t)head * 2 * half;
    T *to = y + (size_t)head * 2 * half;
    const size_t angles = (size_t)(head / heads) * half;
    float square = 0.f;
    for (int i = inner; i < 2 * half; i += 32) square = fmaf(wide(own[i]), wide(own[i]), square);
    const float scale = 1.f / sqrtf(warp_sum(square) / (2 * half) + eps);
    for (int i = inner; i < half; i += 32) {
        const float a = wide(own[i]) * scale * wide(weight[i]);
        const float b = wide(own[i + half]) * scale * wide(weight[i + half]);
        const float c = cos[angles + i], s = sin[angles + i];
        to[i] = narrow<T>(a * c - b * s);
        to[i + half] = narrow<T>(b * c + a * s);
    }
}

// y = silu(gate) · up.
template <typename T> __device__ void swiglu(const T *gate, const T *up, T *y, u32 count) {
    const u32 i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const float g = wide(gate[i]);
    y[i] = narrow<T>(g / (1.f + expf(-g)) * wide(up[i]));
}

// ---------------------------------------------------------------------------------------------------------------------
// Draws a token from each row of logits [rows, vocab]: temperature 1 / scale (scale 0: the most likely token), the top_k most
// likely (0 = all), of those the fewest that hold top_p of their mass, and of these the one at which the running sum in the
// order of token ids passes uniform [rows] of the whole. out [rows, 3]: token, its log-probability under the unfiltered
// distribution at temperature 1, and under the one that it was drawn from. Grid (rows), whole warps, at most 1024.

template <typename T> __device__ __forceinline__ float chance(const T *x, int i, float scale, float norm) {
    return expf(fmaf(wide(x[i]), scale, -norm));
}

// Sum (or number, if counts) of the chances above a bound.
template <typename T>
__device__ float above(const T *x, int vocab, float scale, float norm, float least, float bound, bool counts) {
    float total = 0.f;
    for (int i = threadIdx.x; i < vocab; i += blockDim.x) {
        const float p = chance(x, i, scale, norm);
        if (p > bound && p >= least) total += counts ? 1.f : p;
    }
    return block_sum(total);
}

template <typename T>
__device__ float log_sum(const T *x, int vocab, float scale, float top) {
    float total = 0.f;
    for (int i = threadIdx.x; i < vocab; i += blockDim.x) total += expf((wide(x[i]) - top) * scale);
    return logf(block_sum(total)) + top * scale;
}

// Ties at the cut that are kept, when none is left out.
constexpr int ALL_TIES = 0x7fffffff;

template <typename T>
__device__ void draw(const T *logits, const double *uniform, float *out, int vocab, float scale, int top_k, float top_p) {
    __shared__ double sums[1024];
    __shared__ int ties_of[1024];
    const int row = blockIdx.x, me = threadIdx.x, threads = blockDim.x;
    const T *x = logits + (size_t)row * vocab;
    float top = -INFINITY;
    for (int i = me; i < vocab; i += threads) top = fmaxf(top, wide(x[i]));
    top = block_max(top);
    const float norm = log_sum(x, vocab, 1.f, top);
    if (scale == 0.f) {
        int best = vocab;
        for (int i = me; i < vocab && best == vocab; i += threads)
            if (wide(x[i]) == top) best = i;
        // Token ids are exact in f32 below 2^24.
        best = (int)-block_max(-(float)best);
        if (me == 0) {
            // No number equals the largest where all are NaN.
            best = best < vocab ? best : 0;
            out[row * 3] = (float)best;
            out[row * 3 + 1] = wide(x[best]) - norm;
            out[row * 3 + 2] = 0.f;
        }
        return;
    }
    const float scaled = scale == 1.f ? norm : log_sum(x, vocab, scale, top);
    const bool filters = top_p < 1.f || top_k > 0;
    // Tokens below this bound hold less than 1 − top_p together, so the nucleus lies above it.
    const float least = top_p < 1.f ? (1.f - top_p) / vocab : 0.f;
    float cut = least;
    int ties = ALL_TIES;
    const int highest = __float_as_int(expf(fmaf(top, scale, -scaled)));
    if (top_k > 0 && above(x, vocab, scale, scaled, least, -1.f, true) > top_k) {
        // The smallest value above which there are fewer than top_k is the top_k-th largest.
        int low = -1, high = highest;
        while (high - low > 1) {
            const int middle = low + (high - low) / 2;
            if (above(x, vocab, scale, scaled, least, __int_as_float(middle), true) < top_k) high = middle;
            else low = middle;
        }
        cut = __int_as_float(high);
        ties = top_k - (int)above(x, vocab, scale, scaled, least, cut, true);
    }
    if (top_p < 1.f) {
        float whole = above(x, vocab, scale, scaled, least, cut, false);
        const float at_cut = above(x, vocab, scale, scaled, least, __int_as_float(__float_as_int(cut) - 1), true) -
                             above(x, vocab, scale, scaled, least, cut, true);
        whole += cut * (at_cut < ties ? at_cut : ties);
        const float wanted = top_p * whole;
        int low = __float_as_int(cut) - 1, high = highest;
        while (high - low > 1) {
            const int middle = low + (high - low) / 2;
            if (above(x, vocab, scale, scaled, least, __int_as_float(middle), false) < wanted) high = middle;
            else low = middle;
        }
        const float edge = __int_as_float(high);
        const float missing = (wanted - above(x, vocab, scale, scaled, least, edge, false)) / edge;
        const int needed = missing < 1.f ? 1 : (int)ceilf(missing);
        ties = edge == cut && ties < needed ? ties : needed;
        cut = edge;
    }
    // Runs of tokens, in order.
    const int run = (vocab + threads - 1) / threads;
    const int from = me * run, to = from + run < vocab ? from + run : vocab;
    double sum = 0.0;
    int equal = 0;
    for (int i = from; i < to; i++) {
        const float p = chance(x, i, scale, scaled);
        if (filters && p == cut) equal++;
        else if (p > cut || !filters) sum += p;
    }
    sums[me] = sum;
    ties_of[me] = equal;
    __syncthreads();
    if (me != 0) return;
    double total = 0.0;
    int tied = 0;
    for (int t = 0; t < threads; t++) {
        const int room = ties - tied, kept = ties_of[t] < room ? ties_of[t] : room;
        sums[t] += (double)cut * kept;
        ties_of[t] = tied;
        tied += kept;
        total += sums[t];
    }
    double left = uniform[row] * total;
    int t = 0, last = 0;
    while (t + 1 < threads && left - sums[t] >= 0.0) left -= sums[t++];
    // Rounding may leave the last runs empty: then the last kept token before them is the one.
    float own = 0.f;
    for (; t >= 0 && own == 0.f; t--) {
        int seen = ties_of[t];
        const int end = (t + 1) * run < vocab ? (t + 1) * run : vocab;
        for (int i = t * run; i < end; i++) {
            const float p = chance(x, i, scale, scaled);
            if (!(p > 0.f) || (filters && p < cut)) continue;
            if (filters && p == cut && seen++ >= ties) continue;
            last = i;
            own = p;
            left -= p;
            if (left < 0.0) break;
        }
    }
    out[row * 3] = (float)last;
    out[row * 3 + 1] = wide(x[last]) - norm;
    out[row * 3 + 2] = filters ? (float)log((double)own / total) : fmaf(wide(x[last]), scale, -scaled);
}

#define OTHERS(T)                                                                                                      \
    extern "C" __global__ void merge_##T(const float *partial, T *out, int dim, int splits) {                           \
        merge<T>(partial, out, dim, splits);                                                                           \
    }                                                                                                                  \
    extern "C" __global__ void __launch_bounds__(512)                                                                  \
        rms_norm_##T(const T *x, const T *weight, T *y, int width, float eps) {                                        \
        rms_norm<T>(x, weight, y, width, eps);                                                                         \
    }                                                                                                                  \
    extern "C" __global__ void norm_rotate_##T(const T *x, const T *weight, const float *cos, const float *sin, T *y,   \
                                               int heads, int half, int count, float eps) {                            \
        norm_rotate<T>(x, weight, cos, sin, y, heads, half, count, eps);                                               \
    }                                                                                                                  \
    extern "C" __global__ void swiglu_##T(const T *gate, const T *up, T *y, u32 count) {                                \
        swiglu<T>(gate, up, y, count);                                                                                 \
    }                                                                                                                  \
    extern "C" __global__ void __launch_bounds__(1024)                                                                 \
        draw_##T(const T *logits, const double *uniform, float *out, int vocab, float scale, int top_k, float top_p) { \
        draw<T>(logits, uniform, out, vocab, scale, top_k, top_p);                                                     \
    }
OTHERS(float)
OTHERS(bf16)
