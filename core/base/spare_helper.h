// SpareHelper: one of our helper programs, started before there is anything to ask it. To load what
// it links takes longer than most of its answers.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/base/process.h"

namespace melisai {

class StartedHelper;

class SpareHelper {
 public:
  /// Of calls with this program, these arguments and this environment. `keep`: whenever the spare
  /// one is used, another one is started.
  SpareHelper(HelperCall call, bool keep);
  ~SpareHelper();  ///< ends it
  SpareHelper(const SpareHelper&) = delete;
  SpareHelper& operator=(const SpareHelper&) = delete;

  /// Starts one that waits for its input, unless there is one. What cannot be started now is
  /// started by the call, which says why it cannot.
  void prepare();
  /// call_helper(), by the spare one if it is there and of this call. From any thread.
  Result<std::string> call(const HelperCall& call, const Interrupt& interrupt);

 private:
  std::unique_ptr<StartedHelper> take(const HelperCall& call);

  const HelperCall call_;
  const bool keep_;
  std::mutex mutex_;
  std::unique_ptr<StartedHelper> started_;
};

}  // namespace melisai
