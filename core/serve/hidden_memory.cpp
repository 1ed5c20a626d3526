#include "core/serve/hidden_memory.h"

#include <sys/prctl.h>

namespace melisai::serve {

// Cannot fail: PR_SET_DUMPABLE knows 0.
void hide_memory() { (void)prctl(PR_SET_DUMPABLE, 0); }

}  // namespace melisai::serve
