#include "plugins/procfs/nvml.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace melisai::plugins::procfs {
namespace {

constexpr unsigned kGpusMax = 64;
constexpr int kSuccess = 0;
constexpr int kSensorGpu = 0;
constexpr unsigned long long kMiB = 1ULL << 20;

using Text = std::array<char, 96>;

std::string printable(const Text& text) {
  std::string result(text.data(), strnlen(text.data(), text.size()));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

std::string pci_name(const NvmlPci& pci) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04x:%02x:%02x.0", pci.domain, pci.bus, pci.device);
  return text.data();
}

void add_load(const Nvml& nvml, void* device, Gpu& gpu) {
  NvmlMemory memory{};
  if (nvml.memory != nullptr && nvml.memory(device, &memory) == kSuccess) {
    gpu.memory_total_mb = static_cast<std::int64_t>(memory.total / kMiB);
    gpu.memory_used_mb = static_cast<std::int64_t>(memory.used / kMiB);
  }
  NvmlUtilization utilization{};
  if (nvml.utilization != nullptr && nvml.utilization(device, &utilization) == kSuccess) {
    gpu.utilization_gpu_pct = utilization.gpu;
    gpu.utilization_memory_pct = utilization.memory;
  }
  unsigned number = 0;
  if (nvml.temperature != nullptr && nvml.temperature(device, kSensorGpu, &number) == kSuccess)
    gpu.temperature_c = number;
  if (nvml.power != nullptr && nvml.power(device, &number) == kSuccess)
    gpu.power_watts = number / 1000.0;
}

Gpu read_gpu(const Nvml& nvml, unsigned index, void* device) {
  Gpu gpu{.index = static_cast<int>(index)};
  Text text{};
  if (nvml.name != nullptr && nvml.name(device, text.data(), text.size()) == kSuccess)
    gpu.name = printable(text);
  text = {};
  if (nvml.driver_version != nullptr && nvml.driver_version(text.data(), text.size()) == kSuccess)
    gpu.driver = printable(text);
  NvmlPci pci{};
  if (nvml.pci != nullptr && nvml.pci(device, &pci) == kSuccess) gpu.pci_bus = pci_name(pci);
  add_load(nvml, device, gpu);
  return gpu;
}

}  // namespace

GpuReading ask_nvml(const Nvml& nvml) {
  GpuReading reading;
  if (nvml.init == nullptr || nvml.shutdown == nullptr || nvml.device_count == nullptr ||
      nvml.device_at == nullptr) {
    reading.error = "libnvidia-ml.so.1 lacks functions; it does not fit the driver";
    return reading;
  }
  if (const int code = nvml.init(); code != kSuccess) {
    reading.error = "NVML does not start: error " + std::to_string(code);
    return reading;
  }
  unsigned count = 0;
  if (const int code = nvml.device_count(&count); code != kSuccess)
    reading.error = "NVML cannot count the GPUs: error " + std::to_string(code);
  for (unsigned index = 0; index < std::min(count, kGpusMax); ++index) {
    void* device = nullptr;
    if (nvml.device_at(index, &device) == kSuccess)
      reading.gpus.push_back(read_gpu(nvml, index, device));
    else
      reading.error = "NVML cannot open GPU " + std::to_string(index);
  }
  nvml.shutdown();
  return reading;
}

}  // namespace melisai::plugins::procfs
