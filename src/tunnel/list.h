/* list -- every detector, one line each; DETECTOR is defined by whoever includes this, more than once.  The order is
 * that of `culvert list detectors`, and the first to find its tool keeps the finding. */
DETECTOR(httptunnel)
