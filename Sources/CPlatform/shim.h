#if defined(__linux__)
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl takes a variable number of arguments, which Swift cannot pass.
static inline int platform_set_timer_slack(unsigned long nanoseconds) {
    return prctl(PR_SET_TIMERSLACK, nanoseconds, 0UL, 0UL, 0UL);
}

// The C library's own declarations of these are for GNU's sources only. The sets are of `bytes` bytes; bit n of word m is core
// m * 64 + n. The second answers how many bytes it has written; both answer -1 with errno set if the system refuses.
static inline long platform_bind_thread(const unsigned long *set, size_t bytes) {
    return syscall(SYS_sched_setaffinity, 0, bytes, set);
}
static inline long platform_thread_cores(unsigned long *set, size_t bytes) {
    return syscall(SYS_sched_getaffinity, 0, bytes, set);
}
#endif
