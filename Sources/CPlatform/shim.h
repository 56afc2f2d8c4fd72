#if defined(__linux__)
#include <malloc.h>
#include <sys/prctl.h>

// prctl takes a variable number of arguments, which Swift cannot pass.
static inline int platform_set_timer_slack(unsigned long nanoseconds) {
    return prctl(PR_SET_TIMERSLACK, nanoseconds, 0UL, 0UL, 0UL);
}
#endif
