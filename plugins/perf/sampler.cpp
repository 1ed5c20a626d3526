#include "plugins/perf/sampler.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "plugins/perf/counters.h"
#include "plugins/perf/report.h"

namespace melisai::plugins::perf {
namespace {

using Json = StackJson::Json;

constexpr std::size_t kRingPages = 32;    // of each CPU: at least half a second of samples
constexpr std::size_t kStacksMax = 8192;  // different ones
constexpr std::size_t kResultBytesMax = 1'000'000;
constexpr std::size_t kProcessesMax = 16'384;  // whose names are kept
constexpr std::size_t kFramesAt = 16;          // in a sample, after process, thread and time
constexpr std::uint64_t kLastAddress = static_cast<std::uint64_t>(PERF_CONTEXT_MAX);

perf_event_attr attributes() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = kSampleHertz;
  attributes.sample_type = PERF_SAMPLE_CALLCHAIN;
  attributes.disabled = 1;
  attributes.enable_on_exec = 1;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.exclude_callchain_kernel = 1;
  attributes.comm = 1;
  attributes.task = 1;
  PerfRings::order(attributes);
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
  const auto frames = value_at<std::uint64_t>(body, kFramesAt);
  for (std::uint64_t i = 0; i < frames && kFramesAt + 8 * (i + 2) <= body.size(); ++i) {
    const auto address = value_at<std::uint64_t>(body, kFramesAt + 8 * (i + 1));
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

Sampler::~Sampler() = default;

void Sampler::open(std::int64_t root_pid, int cpu) {
  const int fd = open_event(attributes(), {.pid = static_cast<int>(root_pid), .cpu = cpu});
  if (fd == -ENODEV) return;  // a CPU that is switched off
  try {
    if (fd < 0) throw std::system_error(-fd, std::generic_category());
    rings_.add(Descriptor(fd), kRingPages);
  } catch (const std::system_error& error) {
    throw std::runtime_error("cannot sample: " + error.code().message());
  }
}

void Sampler::take() {
  mappings_.take();
  rings_.read([this](const PerfRings::Record& each) { samples_.add(each.type, each.body); });
}

std::string Sampler::result() {
  take();
  StackJson told = to_json(samples_.stacks(), {[this](std::uint32_t pid, std::uint64_t address) {
                                                 return mappings_.find(pid, address);
                                               },
                                               mappings_.files()});
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
  if (told.folded_left_out > 0) part["data"]["folded_left_out"] = told.folded_left_out;
  if (samples_.lost() > 0)
    part["errors"].push_back(std::to_string(samples_.lost()) +
                             " samples are missing: faster than they were taken");
  if (mappings_.lost() > 0)
    part["errors"].push_back(
        std::to_string(mappings_.lost()) +
        " mappings are missing: told faster than they were taken, or too many");
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
