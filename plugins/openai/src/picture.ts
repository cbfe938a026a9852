// Images that a model has made, as OpenRouter and others put them beside the text: data URIs.
import { bagsIn, isBag } from './wire.ts';

export interface Picture {
  readonly mediaType: string;
  /** base64 */
  readonly data: string;
}

const DATA_URI = /^data:(image\/[a-z0-9.+-]+);base64,/i;

export function readImages(value: unknown): Picture[] {
  return bagsIn(value).flatMap(({ image_url: image }) => {
    const url = isBag(image) ? image.url : image;
    if (typeof url !== 'string') return [];
    const head = DATA_URI.exec(url);
    return head?.[1] === undefined ? [] : [{ mediaType: head[1].toLowerCase(), data: url.slice(head[0].length) }];
  });
}
