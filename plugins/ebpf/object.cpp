#include "plugins/ebpf/object.h"

#include <bpf/bpf.h>
#include <ebpf.skel.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <set>

#include "plugins/ebpf/shared.h"

namespace melisai::plugins::ebpf {
namespace {

constexpr std::size_t kRingBytesMin = 4096;
constexpr std::size_t kRingBytesMax = 4 << 20;
constexpr std::size_t kRecordHeader = 8;  // of the kernel, before each

// What libbpf complains about while it loads: the line that names a program or a map is the reason
// for all the others. It knows no other way to say it.
std::string complaint;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

int take_complaint(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN || !complaint.empty()) return 0;
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  const std::string_view line(text);
  if (line.find("prog '") != line.npos || line.find("map '") != line.npos) complaint = line;
  return 0;
}

// "libbpf: prog 'NAME': ..." -> NAME
std::string named_in(std::string_view line) {
  const std::size_t begin = line.find('\'');
  if (begin == line.npos) return "";
  const std::size_t end = line.find('\'', begin + 1);
  return end == line.npos ? "" : std::string(line.substr(begin + 1, end - begin - 1));
}

std::string reason(int error) {
  if (error == EPERM || error == EACCES)
    return std::string(std::strerror(error)) + "; it takes CAP_BPF and CAP_PERFMON";
  return std::strerror(error);
}

bool is_needed(const ToolSet& tools, std::string_view name,
               std::span<const std::string_view> always,
               std::span<const std::string_view> (*of)(const ToolInfo&)) {
  if (std::find(always.begin(), always.end(), name) != always.end()) return true;
  return std::any_of(kTools.begin(), kTools.end(), [&](const ToolInfo& info) {
    const auto names = of(info);
    return contains(tools, info.tool) && std::find(names.begin(), names.end(), name) != names.end();
  });
}

constexpr std::string_view kTracepoint = "tp_btf/";
constexpr std::string_view kTellsBlockStart = "block_io_start";

// What the object that is being loaded knows of the kernel: a handler of libbpf gets no word from
// its caller.
const KernelTypes* loading_on =
    nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::string_view tracepoint_of(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  return section.starts_with(kTracepoint) ? section.substr(kTracepoint.size()) : "";
}

int set_tracepoint(bpf_program* program, bpf_prog_load_opts* options, long /*cookie*/) {
  const auto found = loading_on->tracepoints.find(tracepoint_of(program));
  if (found == loading_on->tracepoints.end()) return -ENOENT;
  options->attach_btf_id = found->second.type_id;
  return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

/// In place of libbpf's own handler, for good: objects keep pointers to it. Until a program is
/// loaded it is of a type for which libbpf does not read the kernel's BTF.
void handle_tracepoints() {
  static const int kHandler = [] {
    libbpf_prog_handler_opts options{};
    options.sz = sizeof options;
    options.prog_prepare_load_fn = set_tracepoint;
    return libbpf_register_prog_handler("tp_btf+", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_RAW_TP,
                                        &options);
  }();
  if (kHandler < 0) throw LoadError("", "libbpf: no handler of tracepoints");
}

/// A file in memory.
Descriptor file_of(const std::string& bytes) {
  Descriptor file(memfd_create("btf", MFD_CLOEXEC));
  if (!file.valid() ||
      write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw LoadError("", "no memory for the kernel's types: " + reason(errno));
  return file;
}

struct Hint {
  std::string_view tracepoint;
  std::string_view has;
};
// Who has those that not every kernel with BTF has.
constexpr Hint kHints[] = {
    {"mm_filemap_get_pages", " (Linux 6.12 has)"}, {"mm_filemap_map_pages", " (Linux 6.12 has)"},
    {"mm_filemap_fault", " (Linux 6.12 has)"},     {"writeback_dirty_folio", " (Linux 5.18 has)"},
    {"page_fault_user", " (on x86 it has)"},       {"page_fault_kernel", " (on x86 it has)"}};

std::string no_tracepoint(std::string_view name) {
  std::string text = "the kernel has no tracepoint " + std::string(name);
  for (const Hint& hint : kHints)
    if (hint.tracepoint == name) text += hint.has;
  return text;
}

// A power of two that holds `count` records, and a few more where they are small.
unsigned ring_bytes(std::size_t count, std::size_t record) {
  const std::size_t bytes = std::min(kRingBytesMax / record, count) * (record + kRecordHeader);
  return static_cast<unsigned>(std::clamp(std::bit_ceil(bytes), kRingBytesMin, kRingBytesMax));
}

#ifdef SYS_open
constexpr int kOpen = SYS_open;
constexpr int kCreat = SYS_creat;
#else
constexpr int kOpen = -1;
constexpr int kCreat = -1;
#endif

}  // namespace

void Object::Destroy::operator()(ebpf_bpf* skeleton) const { ebpf_bpf__destroy(skeleton); }

Object::Object(const ObjectSettings& settings) : tools_(settings.tools) {
  libbpf_set_print(take_complaint);
  complaint.clear();
  handle_tracepoints();
  loading_on = &settings.types;
  const Descriptor types = file_of(settings.types.btf);
  const std::string path = "/proc/self/fd/" + std::to_string(types.get());
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.btf_custom_path = path.c_str();
  skeleton_.reset(ebpf_bpf__open_opts(&options));
  if (!skeleton_) throw LoadError("", "libbpf cannot open the programs: " + reason(errno));
  choose(settings);
  auto& constants = *skeleton_->rodata;
  constants.whole_host = settings.whole_host;
  constants.root_pid = settings.root_pid;
  constants.tells_start = settings.types.has(kTellsBlockStart);
  constants.victim_is_task = settings.types.values_of("mark_victim") >= 2;
  constants.retransmit_tells_error = settings.types.values_of("tcp_retransmit_skb") >= 3;
  constants.tells_user_registers = settings.types.tells_user_registers;
  constants.block_events_wanted = contains(tools_, Tool::biosnoop);
  constants.exec_events_wanted = contains(tools_, Tool::execsnoop);
  constants.syscount_wanted = contains(tools_, Tool::syscount);
  constants.syslat_wanted = contains(tools_, Tool::syslat);
  constants.futex_wanted = contains(tools_, Tool::futex);
  constants.opens_wanted = contains(tools_, Tool::opens);
  constants.number_open = kOpen;
  constants.number_creat = kCreat;
  constants.number_openat = SYS_openat;
  constants.number_openat2 = SYS_openat2;
  constants.number_futex = SYS_futex;
  if (const int failed = ebpf_bpf__load(skeleton_.get()); failed != 0) {
    const std::string name = named_in(complaint);
    throw LoadError(name, "the kernel refused " + (name.empty() ? "the programs" : name) + ": " +
                              reason(-failed));
  }
}

Object::~Object() { detach(); }

void Object::choose(const ObjectSettings& settings) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    const std::string_view name = bpf_program__name(program);
    const bool absent = name == kOptionalProgram && !settings.types.has(kTellsBlockStart);
    const bool needed = is_needed(
        tools_, name, kTrackers,
        [](const ToolInfo& info) -> std::span<const std::string_view> { return info.programs; });
    bpf_program__set_autoload(program, needed && !absent);
    const std::string_view tracepoint = tracepoint_of(program);
    if (needed && !absent && !tracepoint.empty() && !settings.types.has(tracepoint))
      throw LoadError(std::string(name), no_tracepoint(tracepoint));
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton_->obj) {
    if (bpf_map__is_internal(map)) continue;
    const bool needed = is_needed(
        tools_, bpf_map__name(map), kSharedMaps,
        [](const ToolInfo& info) -> std::span<const std::string_view> { return info.maps; });
    bpf_map__set_autocreate(map, needed);
  }
  const std::size_t count = settings.events_max;
  auto& maps = skeleton_->maps;
  bpf_map__set_max_entries(maps.block_events, ring_bytes(count, sizeof(ebpf_block_event)));
  bpf_map__set_max_entries(maps.exec_events, ring_bytes(count, sizeof(ebpf_exec_event)));
  bpf_map__set_max_entries(maps.tcp_events, ring_bytes(count, sizeof(ebpf_tcp_event)));
  bpf_map__set_max_entries(maps.oom_events, ring_bytes(count, sizeof(ebpf_oom_event)));
}

Descriptor open_cpu_clock(int cpu, int frequency_hz) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.freq = 1;
  attributes.sample_freq = static_cast<std::uint64_t>(frequency_hz);
  attributes.disabled = 1;
  return Descriptor(static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

void Object::attach_sampler(bpf_program* program, int frequency_hz) {
  const int cpus = libbpf_num_possible_cpus();
  for (int cpu = 0; cpu < cpus; ++cpu) {
    Descriptor event = open_cpu_clock(cpu, frequency_hz);
    if (!event.valid() && errno == ENODEV) continue;  // it is switched off
    if (!event.valid() || ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, bpf_program__fd(program)) != 0)
      throw LoadError(bpf_program__name(program), "CPU clock: " + reason(errno));
    samplers_.push_back(std::move(event));
  }
}

void Object::attach(int frequency_hz) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    if (!bpf_program__autoload(program)) continue;
    if (bpf_program__type(program) == BPF_PROG_TYPE_PERF_EVENT) {
      attach_sampler(program, frequency_hz);
      continue;
    }
    links_.emplace_back(bpf_program__attach_trace(program));
    if (!links_.back())
      throw LoadError(bpf_program__name(program), "cannot be attached: " + reason(errno));
  }
  for (const Descriptor& event : samplers_) ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0);
}

void Object::detach() {
  samplers_.clear();
  links_.clear();
}

std::uint64_t Object::missed(Tool tool) const {
  std::uint64_t missed = 0;
  for (const std::string_view name : kTools[index(tool)].programs) {
    if (name.empty()) continue;
    const bpf_program* program =
        bpf_object__find_program_by_name(skeleton_->obj, std::string(name).c_str());
    bpf_prog_info info{};
    __u32 size = sizeof info;
    if (program != nullptr && bpf_program__fd(program) >= 0 &&
        bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0)
      missed += info.recursion_misses;
  }
  return missed;
}

int Object::map(std::string_view name) const {
  const bpf_map* found = bpf_object__find_map_by_name(skeleton_->obj, std::string(name).c_str());
  return found == nullptr ? -1 : bpf_map__fd(found);
}

}  // namespace melisai::plugins::ebpf
