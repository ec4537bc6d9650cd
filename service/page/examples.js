// Texts to begin with: one of each kind that a reader would try.

export const EXAMPLES = {
  mixed:
    "I wanted to love this kettle. It looks gorgeous, but it leaks and support never " +
    "answered. At least the refund came quickly.",
  neutral: "The parcel arrived on Tuesday. The box holds two cables and a manual.",
  negative:
    "Worst hotel I have ever stayed in. The room smelled, the staff were rude, and " +
    "nobody apologised. Never again.",
};
