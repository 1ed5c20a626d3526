#include "plugins/common/perf_ring.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace melisai::plugins {
namespace {

// Before the records there is a page with where they begin and end.
std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

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

}  // namespace melisai::plugins
