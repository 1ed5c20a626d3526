// gpu_pcie: the GPUs, and which of them are far from a network interface, on another NUMA node.
#include "plugins/procfs/gpu.h"

#include <utility>

#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::int64_t kUnknownNode = -1;
constexpr std::size_t kInterfacesMax = 4096;

// The kernel writes -1 where the machine has no nodes or does not say.
std::int64_t node_of(const std::string& device_directory) {
  return read_count(device_directory + "/numa_node").value_or(kUnknownNode);
}

Json gpu_json(const Gpu& gpu) {
  Json data = {{"index", gpu.index}};
  put_text(data, "name", gpu.name);
  put_text(data, "driver", gpu.driver);
  put_text(data, "pci_bus", gpu.pci_bus);
  put(data, "memory_total_mb", gpu.memory_total_mb);
  put(data, "memory_used_mb", gpu.memory_used_mb);
  put(data, "utilization_gpu_pct", gpu.utilization_gpu_pct);
  put(data, "utilization_memory_pct", gpu.utilization_memory_pct);
  put(data, "temperature_c", gpu.temperature_c);
  put(data, "power_watts", gpu.power_watts);
  return data;
}

template <class T>
void take(const Json& data, const char* name, T& value) {
  if (const auto found = data.find(name); found != data.end()) value = found->get<T>();
}
template <class T>
void take(const Json& data, const char* name, std::optional<T>& value) {
  if (const auto found = data.find(name); found != data.end()) value = found->get<T>();
}

Gpu gpu_of(const Json& data) {
  Gpu gpu;
  take(data, "index", gpu.index);
  take(data, "name", gpu.name);
  take(data, "driver", gpu.driver);
  take(data, "pci_bus", gpu.pci_bus);
  take(data, "memory_total_mb", gpu.memory_total_mb);
  take(data, "memory_used_mb", gpu.memory_used_mb);
  take(data, "utilization_gpu_pct", gpu.utilization_gpu_pct);
  take(data, "utilization_memory_pct", gpu.utilization_memory_pct);
  take(data, "temperature_c", gpu.temperature_c);
  take(data, "power_watts", gpu.power_watts);
  return gpu;
}

class GpuPcie final : public Part {
 public:
  GpuPcie(const Options& options, ReadGpus read_gpus)
      : options_(options), read_gpus_(std::move(read_gpus)) {}

  void start(Time /*now*/) override {}

  Findings stop(Time /*now*/) override {
    Findings findings;
    const GpuReading reading = read_gpus_ ? read_gpus_() : GpuReading{};
    if (!reading.error.empty()) findings.errors.push_back(reading.error);
    Json gpus = Json::array();
    for (const Gpu& gpu : reading.gpus) {
      Json data = gpu_json(gpu);
      data["numa_node"] = gpu.pci_bus.empty() ? kUnknownNode : node_of(pci_directory(gpu));
      gpus.push_back(std::move(data));
    }
    const Json nics = nodes_of_nics();
    // That there is none is known only where nobody failed to look.
    if (gpus.empty() && nics.empty() && !reading.error.empty()) return findings;
    findings.data["gpus"] = gpus;
    findings.data["nic_numa_map"] = nics;
    findings.data["cross_numa_pairs"] = cross_pairs(gpus, nics);
    return findings;
  }

 private:
  std::string pci_directory(const Gpu& gpu) const {
    return options_.sys_root + "/bus/pci/devices/" + gpu.pci_bus;
  }

  Json nodes_of_nics() const {
    Json nodes = Json::object();
    const std::string interfaces = options_.sys_root + "/class/net";
    for (const std::string& name : entry_names(interfaces, kInterfacesMax)) {
      const std::int64_t node = node_of(interfaces + "/" + name + "/device");
      if (node != kUnknownNode) nodes[name] = node;
    }
    return nodes;
  }

  static Json cross_pairs(const Json& gpus, const Json& nics) {
    Json pairs = Json::array();
    for (const Json& gpu : gpus) {
      const std::int64_t gpu_node = gpu["numa_node"];
      if (gpu_node == kUnknownNode) continue;
      for (const auto& [nic, node] : nics.items())
        if (node != gpu_node)
          pairs.push_back({{"gpu", gpu.value("name", gpu.value("pci_bus", ""))},
                           {"gpu_numa_node", gpu_node},
                           {"nic", nic},
                           {"nic_numa_node", node}});
    }
    return pairs;
  }

  Options options_;
  ReadGpus read_gpus_;
};

}  // namespace

std::string to_text(const GpuReading& reading) {
  Json data = {{"error", reading.error}, {"gpus", Json::array()}};
  for (const Gpu& gpu : reading.gpus) data["gpus"].push_back(gpu_json(gpu));
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

GpuReading from_text(const std::string& text) {
  GpuReading reading;
  try {
    const Json data = Json::parse(text);
    take(data, "error", reading.error);
    for (const Json& gpu : data.at("gpus")) reading.gpus.push_back(gpu_of(gpu));
  } catch (const Json::exception&) {
    return {{}, "NVML did not answer in time or ended badly; see `dmesg` for errors of the driver"};
  }
  return reading;
}

std::unique_ptr<Part> make_gpu(const Options& options, ReadGpus read_gpus) {
  return std::make_unique<GpuPcie>(options, std::move(read_gpus));
}

std::unique_ptr<Part> make_gpu(const Options& options) {
  const bool is_this_machine = options.proc_root == "/proc" && options.sys_root == "/sys";
  if (!is_this_machine) return make_gpu(options, ReadGpus());
  return make_gpu(options, [] { return read_gpus({}); });
}

}  // namespace melisai::plugins::procfs
