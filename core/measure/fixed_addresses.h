// Programs that are started find their memory at the same addresses in every run. Private to
// core/measure.
#pragma once

namespace melisai::measure {

/// Switches address randomisation off for what this thread starts in the lifetime of the object;
/// where the system refuses (seccomp filters of containers) nothing changes.
class FixedAddresses {
 public:
  FixedAddresses();
  ~FixedAddresses();
  FixedAddresses(const FixedAddresses&) = delete;
  FixedAddresses& operator=(const FixedAddresses&) = delete;

 private:
  int before_;
};

}  // namespace melisai::measure
