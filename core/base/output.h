// Where a user wants results: a file that the user named, or standard output.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

/// For the reader of a FIFO: to come, and to take more.
inline constexpr Milliseconds kReaderPatience{5 * 60'000};

/// A regular file is replaced as by write_file(); into all else that is there already (a device, a
/// FIFO, what a link leads to) it writes as a shell's `>` does. Waits for the reader of a FIFO as
/// long as `patience`; a signal ends the wait. Not for directories that strangers write, since it
/// follows links. Errors: timeout, those of write_file().
Result<void> write_output(const std::string& path, std::string_view content,
                          Milliseconds patience = kReaderPatience);

/// What a command answers when standard output takes nothing. `main` says it, once.
Error cannot_print();

}  // namespace melisai
