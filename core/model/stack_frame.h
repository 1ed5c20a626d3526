// One frame of a stack, as flame graphs and causes see it.
#pragma once

#include <string>

namespace melisai {

/// Whose code a frame is: that of the program that was measured, of a library of the system, of
/// the kernel, made at run time (JIT), or nobody knows. `process`: no code but the name of the
/// process, below everything.
enum class FrameKind { program, library, kernel, jit, unknown, process };

struct StackFrame {
  std::string name;
  FrameKind kind = FrameKind::program;
  auto operator<=>(const StackFrame&) const = default;
};

}  // namespace melisai
