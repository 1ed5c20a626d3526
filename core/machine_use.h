// MachineUse: the share of this machine that one command has (base/machine_lock.h): with others
// while it builds, alone while it times. Every wait has a deadline and is told once. Where nothing
// can keep other gates away, the command goes on, and unprotected() says so.
#pragma once

#include <optional>
#include <string>

#include "core/base/machine_lock.h"
#include "core/base/units.h"
#include "core/step.h"
#include "core/world.h"

namespace melisai {

class MachineUse {
 public:
  explicit MachineUse(const World& world);

  /// Until release(), another share() or claim(). Stops: busy when others use the machine for
  /// longer than `wait`; interrupted. Part of a stage of another gate it takes nothing: that one
  /// waits for us.
  Step<void> share(Milliseconds wait);
  /// The same, alone.
  Step<void> claim(Milliseconds wait);
  void release();

  /// Why others may disturb what is timed, for a report; "" when nothing is known to.
  const std::string& unprotected() const { return unprotected_; }

 private:
  enum class Use { none, shared, alone };
  Step<void> take(Use use, Milliseconds wait);
  Step<bool> try_take(Use use);
  bool is_nested(const std::vector<MachineLock::Holder>& holders, Use use);

  const World& world_;
  std::optional<MachineLock> lock_;
  Use use_ = Use::none;
  std::string unprotected_;
};

}  // namespace melisai
