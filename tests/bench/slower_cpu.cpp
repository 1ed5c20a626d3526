#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/slower.h"

namespace slower {
namespace {

// CPU work.
NEVER_INLINE void copy_records(bool head) {
  std::vector<char> from(1 << 20, 1), to(1 << 20);
  for (int i = 0; i < (head ? 6'000 : 500); ++i) {
    std::memcpy(to.data(), from.data(), from.size());
    asm volatile("" : : "r"(to.data()) : "memory");
    sink = sink + static_cast<unsigned long>(to[static_cast<std::size_t>(i)]);
  }
}
NEVER_INLINE void look_up(bool head) {
  std::vector<int> keys(4'000);
  std::iota(keys.begin(), keys.end(), 0);
  for (int i = 0; i < 20'000; ++i) {
    const int wanted = i % 4'000;
    std::size_t at = head ? 0 : static_cast<std::size_t>(wanted);
    while (keys[at] != wanted) ++at;
    sink = sink + at;
  }
}
NEVER_INLINE void hash_again(bool head) {
  for (int round = 0; round < (head ? 4 : 1); ++round)
    for (unsigned long i = 0; i < 8'000'000; ++i) sink = (sink ^ i) * 1099511628211u;
}

// CPU efficiency.
NEVER_INLINE void walk_matrix(bool head) {
  constexpr std::size_t kSide = 2'048;
  static std::vector<int> matrix(kSide * kSide, 1);
  for (int round = 0; round < 4; ++round)
    for (std::size_t i = 0; i < kSide; ++i)
      for (std::size_t j = 0; j < kSide; ++j)
        sink = sink + static_cast<unsigned long>(matrix[head ? j * kSide + i : i * kSide + j]);
}
NEVER_INLINE void follow_links(bool head) {
  std::vector<std::uint32_t> next(1'000'000);
  std::iota(next.begin(), next.end(), 1u);
  next.back() = 0;
  std::vector<std::uint32_t> order(next.size());
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::minstd_rand(1));
  std::vector<std::uint32_t> shuffled(next.size());
  for (std::size_t i = 0; i < order.size(); ++i) shuffled[order[i]] = order[(i + 1) % order.size()];
  const std::vector<std::uint32_t>& links = head ? shuffled : next;
  std::uint32_t at = 0;
  for (int i = 0; i < 4'000'000; ++i) at = links[at];
  sink = at;
}
NEVER_INLINE void count_side_by_side(bool head) {
  struct Padded {
    alignas(64) std::array<std::atomic<long>, 32> value{};
  };
  static Padded counters;
  const std::size_t other = head ? 1 : 16;
  const auto count = [](std::size_t at) {
    for (int i = 0; i < 8'000'000; ++i) counters.value[at].fetch_add(1, std::memory_order_relaxed);
  };
  std::thread thread(count, other);
  count(0);
  thread.join();
}

// Allocation.
NEVER_INLINE void allocate_items(bool head) {
  auto kept = std::make_unique<char[]>(64);
  for (int i = 0; i < 2'000'000; ++i) {
    if (head) kept = std::make_unique<char[]>(64);
    kept[0] = static_cast<char>(i);
    sink = sink + static_cast<unsigned long>(kept[0]);
  }
}
NEVER_INLINE void build_names(bool head) {
  std::string kept(40, 'x');
  for (int i = 0; i < 1'000'000; ++i) {
    if (head) kept = std::string(40, 'y') + "z";
    sink = sink + kept.size();
  }
}
NEVER_INLINE void fill_list(bool head) {
  std::vector<int> numbers;
  numbers.reserve(1'000'000);
  std::list<int> nodes;
  for (int i = 0; i < 1'000'000; ++i) head ? nodes.push_back(i) : numbers.push_back(i);
  sink = nodes.size() + numbers.size();
}

// Memory.
NEVER_INLINE void touch(std::size_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < bytes; at += 4'096) static_cast<char*>(memory)[at] = 1;
  munmap(memory, bytes);
}
NEVER_INLINE void touch_more(bool head) { touch(std::size_t{head ? 300u : 20u} << 20); }
NEVER_INLINE void fresh_buffers(bool head) {
  for (int i = 0; i < (head ? 80 : 5); ++i) touch(4 << 20);
}
NEVER_INLINE void give_back_pages(bool head) {
  constexpr std::size_t kBytes = 8 << 20;
  void* const buffer =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) return;
  madvise(buffer, kBytes, MADV_NOHUGEPAGE);
  for (int i = 0; i < 40; ++i) {
    if (head) madvise(buffer, kBytes, MADV_DONTNEED);
    for (std::size_t at = 0; at < kBytes; at += 4'096) static_cast<char*>(buffer)[at] = 1;
  }
}

constexpr std::array<Case, 12> kCases{{{"copy_records", "cpu_work", copy_records},
                                       {"look_up", "cpu_work", look_up},
                                       {"hash_again", "cpu_work", hash_again},
                                       {"walk_matrix", "cpu_efficiency", walk_matrix},
                                       {"follow_links", "cpu_efficiency", follow_links},
                                       {"count_side_by_side", "cpu_efficiency", count_side_by_side},
                                       {"allocate_items", "allocation", allocate_items},
                                       {"build_names", "allocation", build_names},
                                       {"fill_list", "allocation", fill_list},
                                       {"touch_more", "memory", touch_more},
                                       {"fresh_buffers", "memory", fresh_buffers},
                                       {"give_back_pages", "memory", give_back_pages}}};

}  // namespace

std::span<const Case> cpu_cases() { return kCases; }

}  // namespace slower
