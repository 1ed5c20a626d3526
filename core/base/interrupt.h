// Interrupt: SIGINT, SIGTERM and SIGHUP as a readable file descriptor, so that every wait can end
// early and in order. main builds one; a second signal while we clean up is ignored (children are
// already being killed).
#pragma once

namespace melisai {

class Interrupt {
 public:
  Interrupt();  ///< installs the handlers; one object per process
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const;  ///< true from the first signal on
  int fd() const;  ///< becomes readable with the first signal and stays so; owned by this object

 private:
  int fd_ = -1;
};

}  // namespace melisai
