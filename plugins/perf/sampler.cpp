#include "plugins/perf/sampler.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "plugins/perf/counters.h"
#include "plugins/perf/report.h"

namespace melisai::plugins::perf {
namespace {

using Json = StackJson::Json;

constexpr std::size_t kRingPages = 32;    // of each CPU: at least half a second of samples
constexpr std::size_t kStacksMax = 8192;  // different ones
constexpr std::size_t kResultBytesMax = 1'000'000;
constexpr std::size_t kProcessesMax = 16'384;  // whose names are kept
constexpr std::uint64_t kLastAddress = static_cast<std::uint64_t>(PERF_CONTEXT_MAX);

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
std::size_t ring_bytes() { return (kRingPages + 1) * page_bytes(); }

perf_event_attr attributes() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = kSampleHertz;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN;
  attributes.disabled = 1;
  attributes.enable_on_exec = 1;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.exclude_callchain_kernel = 1;
  attributes.comm = 1;
  attributes.task = 1;
  return attributes;
}

template <typename Value>
Value value_at(std::string_view body, std::size_t at) {
  Value value{};
  if (body.size() >= at + sizeof value) std::memcpy(&value, body.data() + at, sizeof value);
  return value;
}

}  // namespace

void Samples::add(std::uint32_t type, std::string_view body) {
  const auto pid = value_at<std::uint32_t>(body, 0);
  const auto second = value_at<std::uint32_t>(body, 4);
  const bool has_room = comms_.size() < kProcessesMax;
  switch (type) {
    case PERF_RECORD_SAMPLE: add_sample(body); break;
    case PERF_RECORD_LOST: lost_ += value_at<std::uint64_t>(body, 8); break;
    case PERF_RECORD_COMM:  // of a process by its first thread
      if (pid != second || body.size() < 8 || !has_room) break;
      body.remove_prefix(8);
      comms_[pid] = std::string(body.substr(0, body.find('\0')));
      break;
    case PERF_RECORD_FORK:
      if (pid != second && comms_.contains(second) && has_room) comms_[pid] = comms_[second];
      break;
    default: break;
  }
}

void Samples::add_sample(std::string_view body) {
  ++count_;
  Key key{.pid = value_at<std::uint32_t>(body, 0)};
  const auto frames = value_at<std::uint64_t>(body, 8);
  for (std::uint64_t i = 0; i < frames && 16 + 8 * (i + 1) <= body.size(); ++i) {
    const auto address = value_at<std::uint64_t>(body, 16 + 8 * i);
    if (address < kLastAddress) key.user.push_back(address);  // beyond are marks
  }
  const auto comm = comms_.find(key.pid);
  if (comm != comms_.end()) key.comm = comm->second;
  const auto known = stacks_.find(key);
  if (known != stacks_.end())
    ++known->second;
  else if (stacks_.size() < kStacksMax)
    stacks_.emplace(std::move(key), 1);
  else
    ++lost_;
}

std::vector<TakenStack> Samples::stacks() const {
  std::vector<TakenStack> stacks;
  for (const auto& [key, count] : stacks_)
    stacks.push_back({.pid = key.pid, .comm = key.comm, .count = count, .user = key.user});
  return stacks;
}

Sampler::Sampler(std::int64_t root_pid) : mappings_(root_pid, "/proc") {
  const auto cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_CONF));
  for (int cpu = 0; cpu < cpus; ++cpu) open(root_pid, cpu);
}

Sampler::~Sampler() {
  for (const Ring& ring : rings_) munmap(ring.memory, ring_bytes());
}

void Sampler::open(std::int64_t root_pid, int cpu) {
  const int fd = open_event(attributes(), {.pid = static_cast<int>(root_pid), .cpu = cpu});
  if (fd == -ENODEV) return;  // a CPU that is switched off
  int error = fd < 0 ? -fd : 0;
  Ring ring{.event = Descriptor(fd)};
  if (fd >= 0) ring.memory = mmap(nullptr, ring_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (ring.memory == MAP_FAILED) error = errno;
  if (error != 0) throw std::runtime_error(std::string("cannot sample: ") + std::strerror(error));
  rings_.push_back(std::move(ring));
}

void Sampler::take() {
  mappings_.take();
  for (const Ring& ring : rings_) read(ring);
}

void Sampler::read(const Ring& ring) {
  auto* control = static_cast<perf_event_mmap_page*>(ring.memory);
  const char* data = static_cast<const char*>(ring.memory) + page_bytes();
  const std::size_t size = kRingPages * page_bytes();
  const std::uint64_t head =
      std::atomic_ref<__u64>(control->data_head).load(std::memory_order_acquire);
  std::uint64_t tail = control->data_tail;
  const auto copy = [&](char* to, std::uint64_t from, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) to[i] = data[(from + i) % size];
  };
  std::string body;
  while (tail + sizeof(perf_event_header) <= head) {
    perf_event_header header{};
    copy(reinterpret_cast<char*>(&header), tail, sizeof header);
    if (header.size < sizeof header || tail + header.size > head) break;
    body.resize(header.size - sizeof header);
    copy(body.data(), tail + sizeof header, body.size());
    samples_.add(header.type, body);
    tail += header.size;
  }
  std::atomic_ref<__u64>(control->data_tail).store(tail, std::memory_order_release);
}

std::string Sampler::result() {
  take();
  StackJson told = to_json(samples_.stacks(), mappings_);
  Json part = {{"data",
                {{"unit", "samples"},
                 {"frequency_hz", kSampleHertz},
                 {"samples", samples_.count()},
                 {"stacks", std::move(told.stacks)},
                 {"files", std::move(told.files)}}},
               {"stacks", std::move(told.folded)}};
  if (told.left_out > 0) {
    part["data"]["left_out"] = told.left_out;
    part["truncated"] = true;
  }
  if (samples_.lost() > 0)
    part["errors"].push_back(std::to_string(samples_.lost()) +
                             " samples are missing: faster than they were taken");
  if (mappings_.lost() > 0)
    part["errors"].push_back(std::to_string(mappings_.lost()) +
                             " mappings are missing: told faster than they were taken");
  const std::string text = part.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= kResultBytesMax) return text;
  return part_without(Scope::tree, "more files than a result has room for");
}

std::string Sampler::unavailable() {
  const int fd = open_event(attributes(), {.pid = static_cast<int>(getpid())});
  if (fd >= 0) close(fd);
  constexpr Event kClock{"cpu_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, Level::user};
  const auto paranoid = perf_event_paranoid();
  return fd < 0 ? why_not(kClock, Scope::tree, -fd, paranoid) : "";
}

}  // namespace melisai::plugins::perf
