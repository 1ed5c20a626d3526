// NVIDIA's management library, as far as one report needs it: found at run time and never linked,
// so a machine without it lacks nothing. Types and numbers are those of its stable C interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace melisai::plugins::procfs {

struct NvmlPci {  // nvmlPciInfo_t, version 3
  char bus_id_legacy[16];
  std::uint32_t domain;
  std::uint32_t bus;
  std::uint32_t device;
  std::uint32_t device_id;
  std::uint32_t subsystem_id;
  char bus_id[32];
};

struct NvmlMemory {  // nvmlMemory_t, bytes
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct NvmlUtilization {  // nvmlUtilization_t, percent of the last sample period
  unsigned gpu;
  unsigned memory;
};

/// The functions that are used. Each returns 0 for success. Those after device_at may be null.
struct Nvml {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*device_count)(unsigned* count) = nullptr;
  int (*device_at)(unsigned index, void** device) = nullptr;
  int (*driver_version)(char* text, unsigned size) = nullptr;
  int (*name)(void* device, char* text, unsigned size) = nullptr;
  int (*pci)(void* device, NvmlPci* pci) = nullptr;
  int (*memory)(void* device, NvmlMemory* memory) = nullptr;
  int (*utilization)(void* device, NvmlUtilization* utilization) = nullptr;
  int (*temperature)(void* device, int sensor, unsigned* celsius) = nullptr;
  int (*power)(void* device, unsigned* milliwatts) = nullptr;
};

struct Gpu {
  int index = 0;
  std::string name;
  std::string driver;
  std::string pci_bus;  // as in /sys/bus/pci/devices; "" when not told
  std::optional<std::int64_t> memory_total_mb;
  std::optional<std::int64_t> memory_used_mb;
  std::optional<std::int64_t> utilization_gpu_pct;
  std::optional<std::int64_t> utilization_memory_pct;
  std::optional<std::int64_t> temperature_c;
  std::optional<double> power_watts;
};

struct GpuReading {
  std::vector<Gpu> gpus;
  std::string error;  // why there are none, "" where the machine has none
};

/// At most 64 GPUs. What one of them does not tell is left out.
GpuReading ask_nvml(const Nvml& nvml);

/// Where the driver and its library are.
struct NvmlHost {
  std::string control_device = "/dev/nvidiactl";  // without it there is no driver and no GPU
  std::string library = "libnvidia-ml.so.1";
  std::chrono::milliseconds wait_max{5000};
};

/// Asks the library in a process of its own: its start may take seconds and may hang in the
/// driver, and its memory would count as the collector's.
GpuReading read_gpus(const NvmlHost& host);

}  // namespace melisai::plugins::procfs
