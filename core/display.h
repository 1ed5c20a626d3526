// How results are shown; common to all commands that compare.
#pragma once

namespace melisai {

struct Display {
  bool json = false;   ///< for programs, on stdout
  bool quiet = false;  ///< no progress, only the verdict
};

}  // namespace melisai
