// The part gpu_pcie with its way to ask for GPUs, so that tests can answer in a driver's place.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "plugins/procfs/nvml.h"
#include "plugins/procfs/part.h"

namespace melisai::plugins::procfs {

using ReadGpus = std::function<GpuReading()>;

std::unique_ptr<Part> make_gpu(const Options& options, ReadGpus read_gpus);

/// A reading on its way from the process that made it; from_text() of anything else is an error.
std::string to_text(const GpuReading& reading);
GpuReading from_text(const std::string& text);

}  // namespace melisai::plugins::procfs
