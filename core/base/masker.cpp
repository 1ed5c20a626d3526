#include "core/base/masker.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace melisai {
namespace {

constexpr std::size_t kSlice = 64 << 10;
constexpr char kMask[] = "***";

std::size_t bucket_of(const char* text, std::size_t buckets) {
  std::uint64_t key = 0;
  std::memcpy(&key, text, sizeof key);
  return static_cast<std::size_t>((key * 0x9E37'79B9'7F4A'7C15u) >> 40) & (buckets - 1);
}

/// Calls `visit(text, size)` for each pattern; false for a block that is none.
template <class Visit>
bool each_pattern(const char* block, std::size_t size, Visit visit) {
  while (size > 0) {
    std::uint32_t length = 0;
    if (size < sizeof length) return false;
    std::memcpy(&length, block, sizeof length);
    block += sizeof length;
    size -= sizeof length;
    if (length < kMaskPatternMin || length > size) return false;
    visit(block, length);
    block += length;
    size -= length;
  }
  return true;
}

}  // namespace

MaskPatterns::~MaskPatterns() {
  std::free(patterns_);
  std::free(buckets_);
}

bool MaskPatterns::open(const char* block, std::size_t size) {
  std::size_t count = 0;
  if (size > kMaskBlockMax ||
      !each_pattern(block, size, [&](const char*, std::uint32_t) { ++count; }))
    return false;
  patterns_ = static_cast<Pattern*>(std::calloc(count + 1, sizeof(Pattern)));
  buckets_ = static_cast<std::uint32_t*>(std::calloc(kBuckets, sizeof(std::uint32_t)));
  if (patterns_ == nullptr || buckets_ == nullptr) return false;
  each_pattern(block, size, [&](const char* text, std::uint32_t length) {
    std::uint32_t& bucket = buckets_[bucket_of(text, kBuckets)];
    patterns_[count_] = {text, length, bucket};
    bucket = static_cast<std::uint32_t>(++count_);
    longest_ = std::max<std::size_t>(longest_, length);
  });
  return true;
}

MaskStream::~MaskStream() { std::free(held_); }

bool MaskStream::open(const MaskPatterns& patterns, Sink sink, void* context) {
  patterns_ = &patterns;
  sink_ = sink;
  context_ = context;
  capacity_ = patterns.longest() + kSlice;
  held_ = static_cast<char*>(std::malloc(capacity_));
  return held_ != nullptr;
}

void MaskStream::write(const char* data, std::size_t size) {
  while (size > 0) {
    const std::size_t part = std::min(size, capacity_ - size_);
    std::memcpy(held_ + size_, data, part);
    size_ += part;
    data += part;
    size -= part;
    scan(false);
  }
}

void MaskStream::finish() { scan(true); }

// The end of the longest pattern that is at `at`; `at` itself without one.
std::size_t MaskStream::covered_from(std::size_t at) const {
  std::size_t end = at;
  if (size_ - at < kMaskPatternMin) return end;
  std::uint32_t index = patterns_->buckets_[bucket_of(held_ + at, MaskPatterns::kBuckets)];
  for (; index != 0; index = patterns_->patterns_[index - 1].next) {
    const MaskPatterns::Pattern& pattern = patterns_->patterns_[index - 1];
    if (pattern.size <= size_ - at && std::memcmp(pattern.text, held_ + at, pattern.size) == 0)
      end = std::max(end, at + pattern.size);
  }
  return end;
}

// Whether all that is left from `at` on is the beginning of a pattern that goes on.
bool MaskStream::may_begin_at(std::size_t at) const {
  const std::size_t left = size_ - at;
  const auto goes_on = [&](const MaskPatterns::Pattern& pattern) {
    return pattern.size > left && std::memcmp(pattern.text, held_ + at, left) == 0;
  };
  if (left < kMaskPatternMin)
    return std::any_of(patterns_->patterns_, patterns_->patterns_ + patterns_->count(), goes_on);
  std::uint32_t index = patterns_->buckets_[bucket_of(held_ + at, MaskPatterns::kBuckets)];
  for (; index != 0; index = patterns_->patterns_[index - 1].next)
    if (goes_on(patterns_->patterns_[index - 1])) return true;
  return false;
}

// Every byte that belongs to some pattern is masked, also where patterns overlap.
void MaskStream::scan(bool is_last) {
  const std::size_t whole = size_ < kMaskPatternMin ? 0 : size_ - kMaskPatternMin + 1;
  const std::size_t undecided =  // what cannot be told before more has come
      size_ < patterns_->longest() ? 0 : size_ - patterns_->longest() + 1;
  std::size_t at = 0;
  for (; at < size_; ++at) {
    if (at < whole && patterns_->buckets_[bucket_of(held_ + at, MaskPatterns::kBuckets)] == 0)
      continue;
    if (!is_last && at >= undecided && may_begin_at(at)) break;
    const std::size_t end = covered_from(at);
    if (end == at) continue;
    give_plain(at);
    if (!in_mask_) sink_(context_, kMask, sizeof kMask - 1);
    in_mask_ = true;
    given_ = std::max(given_, end);
  }
  give_plain(at);
  given_ -= at;
  size_ -= at;
  std::memmove(held_, held_ + at, size_);
}

void MaskStream::give_plain(std::size_t until) {
  if (until <= given_) return;
  sink_(context_, held_ + given_, until - given_);
  given_ = until;
  in_mask_ = false;
}

}  // namespace melisai
