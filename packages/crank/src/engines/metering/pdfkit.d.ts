// What is used of pdfkit, which has no types of its own.
declare module 'pdfkit' {
  interface Options {
    size: string;
    margin: number;
    bufferPages: boolean;
    info: { Title: string; Author: string; CreationDate: Date; ModDate: Date };
  }
  interface TextOptions {
    width: number;
    align: 'left' | 'right';
    lineBreak: boolean;
  }
  export default class PdfDocument {
    constructor(options: Options);
    on(event: 'data', listener: (part: Buffer) => void): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    font(name: string): this;
    fontSize(size: number): this;
    fillColor(colour: string): this;
    strokeColor(colour: string): this;
    lineWidth(width: number): this;
    moveTo(x: number, y: number): this;
    lineTo(x: number, y: number): this;
    stroke(): this;
    /** In the font and size of now, in points. */
    widthOfString(text: string): number;
    text(text: string, x: number, y: number, options: TextOptions): this;
    addPage(): this;
    bufferedPageRange(): { start: number; count: number };
    switchToPage(page: number): this;
    end(): void;
  }
}
