/** Every code of the bench is derived from it. */
export const verificationSecret = 'nobody-keeps-anything-behind-this'
