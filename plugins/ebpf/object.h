// The BPF programs and maps of one window: loaded when it is made, gone when it is destroyed. Of
// the programs only those of the wanted tools are given to the kernel.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/descriptor.h"
#include "plugins/ebpf/kernel_types.h"
#include "plugins/ebpf/tools.h"

struct ebpf_bpf;  // the skeleton that bpftool makes

namespace melisai::plugins::ebpf {

struct ObjectSettings {
  ToolSet tools;
  const KernelTypes& types;
  std::uint32_t root_pid = 0;     // that executes its program in the window; 0: none
  bool whole_host = false;        // else: root_pid, and what the map of processes is given
  std::size_t events_max = 1000;  // of each tool that tells events
};

/// What libbpf or the kernel said of a program or map; `name` is "" when it was neither.
class LoadError : public std::runtime_error {
 public:
  LoadError(std::string name, const std::string& why)
      : std::runtime_error(why), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

class Object {
 public:
  /// Opens and loads. Throws LoadError.
  explicit Object(const ObjectSettings& settings);
  ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  /// The programs begin to see events; of those that sample, each CPU `frequency_hz` times a
  /// second. Throws LoadError.
  void attach(int frequency_hz);
  /// They see none any more; the maps can still be read.
  void detach();

  /// Events that the programs of a tool were not called for, because they had interrupted
  /// themselves on that CPU.
  std::uint64_t missed(Tool tool) const;

  int map(std::string_view name) const;  // descriptor, below 0 when it is not loaded
  const ToolSet& tools() const { return tools_; }

 private:
  void choose(const ObjectSettings& settings);
  void attach_sampler(bpf_program* program, int frequency_hz);

  struct Destroy {
    void operator()(ebpf_bpf* skeleton) const;
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  ToolSet tools_;
  std::unique_ptr<ebpf_bpf, Destroy> skeleton_;
  std::vector<std::unique_ptr<bpf_link, Destroy>> links_;
  std::vector<Descriptor> samplers_;
};

/// Of each CPU. No divisor of what timers run at; 1.5 % of a busy CPU at most.
inline constexpr int kSampleHertz = 199;

/// Opens a software event that fires `frequency_hz` times a second of `cpu`'s time; invalid with
/// errno set when it cannot be had.
Descriptor open_cpu_clock(int cpu, int frequency_hz);

}  // namespace melisai::plugins::ebpf
