// Interrupt: a request to stop, as a readable file descriptor, so that every wait can end early and
// in order. SignalInterrupt is the one that SIGINT, SIGTERM and SIGHUP make; main builds it. Others
// stop one piece of work of many.
#pragma once

namespace melisai {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void request();          ///< from any thread; cannot be taken back
  bool requested() const;  ///< true from the first request on
  int fd() const;  ///< becomes readable with the first request and stays so; owned by this object

 private:
  int fd_ = -1;
};

/// A second signal while we clean up is ignored (children are already being killed).
class SignalInterrupt : public Interrupt {
 public:
  SignalInterrupt();  ///< installs the handlers; one object per process
  ~SignalInterrupt();
};

}  // namespace melisai
