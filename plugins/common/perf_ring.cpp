#include "plugins/common/perf_ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace melisai::plugins {
namespace {

// Before the records there is a page with where they begin and end.
std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

// A sample begins with pid, thread and time, any other record ends with them.
std::uint64_t time_of(std::uint32_t type, const std::string& body) {
  constexpr std::size_t kInSample = 8;
  std::uint64_t time = 0;
  if (body.size() < kInSample + sizeof time) return 0;
  const std::size_t at = type == PERF_RECORD_SAMPLE ? kInSample : body.size() - sizeof time;
  std::memcpy(&time, body.data() + at, sizeof time);
  return time;
}

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

PerfRing::PerfRing(Descriptor event, std::size_t pages)
    : event_(std::move(event)),
      bytes_(pages * page_bytes()),
      memory_(mmap(nullptr, bytes_ + page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, event_.get(),
                   0)) {
  if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category());
}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : event_(std::move(other.event_)),
      bytes_(other.bytes_),
      memory_(std::exchange(other.memory_, MAP_FAILED)) {}

PerfRing::~PerfRing() {
  if (memory_ != MAP_FAILED) munmap(memory_, bytes_ + page_bytes());
}

void PerfRing::read(const std::function<void(const Record&)>& each) const {
  auto* control = static_cast<perf_event_mmap_page*>(memory_);
  const char* data = static_cast<const char*>(memory_) + page_bytes();
  const std::uint64_t head =
      std::atomic_ref<__u64>(control->data_head).load(std::memory_order_acquire);
  std::uint64_t tail = control->data_tail;
  const auto copy = [&](char* to, std::uint64_t from, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) to[i] = data[(from + i) % bytes_];
  };
  std::string body;
  while (tail + sizeof(perf_event_header) <= head) {
    perf_event_header header{};
    copy(reinterpret_cast<char*>(&header), tail, sizeof header);
    if (header.size < sizeof header || tail + header.size > head) break;
    body.resize(header.size - sizeof header);
    copy(body.data(), tail + sizeof header, body.size());
    each({.type = header.type, .flags = header.misc, .body = body});
    tail += header.size;
  }
  std::atomic_ref<__u64>(control->data_tail).store(tail, std::memory_order_release);
}

void PerfRings::order(perf_event_attr& attributes) {
  attributes.sample_type |= PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attributes.sample_id_all = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
}

void PerfRings::read(const std::function<void(const Record&)>& each) {
  const std::uint64_t end_ns = now_ns();
  std::vector<Record> records = std::exchange(later_, {});
  for (const PerfRing& ring : rings_)
    ring.read([&](const PerfRing::Record& record) {
      records.push_back({.time_ns = time_of(record.type, record.body),
                         .type = record.type,
                         .flags = record.flags,
                         .body = record.body});
    });
  std::stable_sort(records.begin(), records.end(),
                   [](const Record& a, const Record& b) { return a.time_ns < b.time_ns; });
  for (Record& record : records) {
    if (record.time_ns < end_ns)
      each(record);
    else
      later_.push_back(std::move(record));
  }
}

}  // namespace melisai::plugins
