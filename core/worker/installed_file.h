// The one plugin file that melisai-gate-worker-bpf loads: that program has capabilities of its own,
// which whoever starts it lacks, so what it loads must be root's alone. Pure reading.
#pragma once

#include <string>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace melisai::worker {

/// Opens `path`, absolute and without links, one directory after the other. The file is regular,
/// root's and writable by nobody else, and so is every directory on the way, but that those above
/// its own may be sticky. All of it is asked of what was opened, so replacing it meanwhile changes
/// nothing. Errors: not_found, io, config; each names the place and what to do.
Result<Fd> open_installed(const std::string& path);

}  // namespace melisai::worker
