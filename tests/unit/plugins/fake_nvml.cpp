// Stands in for libnvidia-ml.so.1: one GPU that tells little. MELISAI_FAKE_NVML says how it starts.
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "plugins/procfs/nvml.h"

using melisai::plugins::procfs::NvmlMemory;
using melisai::plugins::procfs::NvmlPci;

// NOLINTBEGIN(readability-identifier-naming): the names are NVML's
extern "C" {

int nvmlInit_v2() {
  const char* mode = std::getenv("MELISAI_FAKE_NVML");
  if (std::strcmp(mode, "hangs") == 0) pause();
  if (std::strcmp(mode, "crashes") == 0) _exit(7);
  return 0;
}

int nvmlShutdown() { return 0; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 1;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned /*index*/, void** device) {
  *device = nullptr;
  return 0;
}

int nvmlDeviceGetName(void* /*device*/, char* text, unsigned size) {
  std::strncpy(text, "Fake", size);
  return 0;
}

int nvmlDeviceGetPciInfo_v3(void* /*device*/, NvmlPci* pci) {
  pci->bus = 0x3b;
  return 0;
}

int nvmlDeviceGetMemoryInfo(void* /*device*/, NvmlMemory* memory) {
  memory->total = 2ULL << 20;
  return 0;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
